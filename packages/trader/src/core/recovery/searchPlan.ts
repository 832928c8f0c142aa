import type { AccountKey } from '@tidepool/crypto'
import type { AccountVersion } from '@tidepool/market'
import { expiriesAfterAll } from './likelyExpiries.ts'
import type { Breadth } from './likelyExpiries.ts'
import { outputKind } from './outputIndex.ts'
import type { CandidateOutput, OutputKind } from './outputIndex.ts'
import type { SearchKey } from './candidateScripts.ts'

/**
 * labelled: what lnd's labels say. quick: the command line's terms, right before the confirmation. usual: more terms,
 * longer waits. all: every expiry an account may have. Taproot comes later than P2WSH, for each of its scripts costs a
 * point addition; its older version comes last.
 */
export type StageName =
  | 'labelled'
  | 'quick'
  | 'quickOldTaproot'
  | 'usualP2wsh'
  | 'usualTaproot'
  | 'allP2wsh'
  | 'allTaproot'

/** One pass over all keys and batch keys. */
export interface SearchStage {
  readonly name: StageName
  readonly versions: readonly AccountVersion[]
  /** Expiries to try, ascending; of one key when labels name them. */
  readonly expiries: (key: AccountKey, kind: OutputKind) => readonly number[]
}

/** What labels of the wallet tell: the expiry an account was opened with. */
export type LabelledExpiries = ReadonlyMap<AccountKey, readonly number[]>

export interface SearchSpace {
  readonly keys: readonly SearchKey[]
  /** Batch keys to try: the initial one and so many in all. */
  readonly counters: number
  readonly outputs: readonly CandidateOutput[]
  readonly stages: readonly SearchStage[]
}

export interface SearchWish {
  readonly outputs: readonly CandidateOutput[]
  readonly labelled: LabelledExpiries
  /** Height that stands for that of unconfirmed outputs. */
  readonly nextHeight: number
  /** Every expiry there may be, too. */
  readonly wide: boolean
}

/** The stages worth going through for these outputs, cheapest and likeliest first. */
export function planStages(wish: SearchWish): readonly SearchStage[] {
  const likely = [
    { name: 'labelled', versions: [0, 2, 1], expiries: (key: AccountKey) => wish.labelled.get(key) ?? [] },
    stage('quick', [0, 2], 'quick', wish),
    stage('quickOldTaproot', [1], 'quick', wish),
    stage('usualP2wsh', [0], 'usual', wish),
  ] as const
  const wide = [
    stage('allP2wsh', [0], 'all', wish),
    stage('usualTaproot', [2, 1], 'usual', wish),
    stage('allTaproot', [2, 1], 'all', wish),
  ]
  return wish.wide ? [...likely, ...wide] : likely
}

function stage(name: StageName, versions: readonly AccountVersion[], breadth: Breadth, wish: SearchWish): SearchStage {
  const of = (kind: OutputKind): readonly number[] => {
    const heights = wish.outputs
      .filter(({ script }) => outputKind(script) === kind)
      .map(({ height }) => height ?? wish.nextHeight)
    return expiriesAfterAll([...new Set(heights)], breadth)
  }
  const expiries = { p2wsh: of('p2wsh'), p2tr: of('p2tr') }
  return { name, versions, expiries: (_, kind) => expiries[kind] }
}

/** So many scripts of each kind a search still has to make, and tweaked keys for them. */
export interface Workload {
  readonly batchKeys: number
  readonly p2wsh: number
  readonly p2tr: number
}

/** Scripts of one key and batch key in a stage. */
export function unitLoad(stage: SearchStage, key: AccountKey): Workload {
  const load = { batchKeys: 1, p2wsh: 0, p2tr: 0 }
  for (const version of stage.versions) {
    const kind = version === 0 ? 'p2wsh' : 'p2tr'
    load[kind] += stage.expiries(key, kind).length
  }
  return load.p2wsh + load.p2tr === 0 ? { batchKeys: 0, p2wsh: 0, p2tr: 0 } : load
}

/** Microseconds that one of each takes; measured on the spot before a search says how long it will take. */
export interface UnitCosts {
  readonly batchKey: number
  readonly p2wsh: number
  readonly p2tr: number
}

export const millisecondsFor = (load: Workload, costs: UnitCosts): number =>
  (load.batchKeys * costs.batchKey + load.p2wsh * costs.p2wsh + load.p2tr * costs.p2tr) / 1000
