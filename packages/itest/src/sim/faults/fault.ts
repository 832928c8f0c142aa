import type { Letter } from '../ports/stream.ts'
import type { NodeFault } from '../outside/lightning.ts'

export const STEPS = ['prepare', 'accept', 'signBegin', 'sign', 'finalize'] as const
/** A message of the batch protocol; three go down to the trader, two up. */
export type Step = (typeof STEPS)[number]
export type When = 'before' | 'after'

/** What goes wrong with one message. */
export type Deed =
  | { readonly kind: 'cut'; readonly when: When }
  | { readonly kind: 'lose' }
  /** It comes twice. */
  | { readonly kind: 'double' }
  | { readonly kind: 'delay'; readonly ms: number }
  | { readonly kind: 'restartTrader'; readonly when: When }
  | { readonly kind: 'restartAuctioneer'; readonly when: When }
  | { readonly kind: 'mine'; readonly when: When; readonly blocks: number }
  /** The newest blocks give way to empty ones; what was in them waits again. */
  | { readonly kind: 'reorg'; readonly when: When; readonly depth: number }
  /** The clocks of both processes are set, each to its own time. */
  | { readonly kind: 'clocks'; readonly when: When; readonly ms: number }
  | { readonly kind: 'change'; readonly name: string; readonly change: (letter: Letter) => Letter }

/** One deed at the first message of a kind to or from a trader. */
export interface MessageFault {
  readonly trader: string
  readonly step: Step
  readonly deed: Deed
}

/** A node that misbehaves during one auction. */
export interface NodeTrouble {
  readonly trader: string
  readonly fault: NodeFault
}

export function nameOf({ trader, step, deed }: MessageFault): string {
  switch (deed.kind) {
    case 'lose':
      return `${step} of ${trader} is lost`
    case 'double':
      return `${step} of ${trader} comes twice`
    case 'delay':
      return `${step} of ${trader} takes ${deed.ms / 1000} s`
    case 'mine':
      return `${deed.blocks} blocks ${deed.when} ${step} of ${trader}`
    case 'reorg':
      return `${deed.depth} blocks undone ${deed.when} ${step} of ${trader}`
    case 'clocks':
      return `clocks jump ${deed.ms / 1000} s ${deed.when} ${step} of ${trader}`
    case 'change':
      return `${step} of ${trader}: ${deed.name}`
    default:
      return `${deed.kind} ${deed.when} ${step} of ${trader}`
  }
}
