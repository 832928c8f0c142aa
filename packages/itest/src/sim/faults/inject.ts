import type { Delivery, Letter, SimStream } from '../ports/stream.ts'
import type { World } from '../world.ts'
import type { Deed, MessageFault, When } from './fault.ts'

const DOWN_MS = 2000

/** Arms faults; each strikes once. The result tells which have not. */
export function inject(world: World, faults: readonly MessageFault[]): () => readonly MessageFault[] {
  const armed = [...faults]
  world.arrives = (trader, letter, stream) => {
    const index = armed.findIndex((fault) => fault.trader === trader && fault.step === letter.message.kind)
    const [fault] = index < 0 ? [] : armed.splice(index, 1)
    if (fault === undefined) return { letter }
    world.stage.trace.add(`fault ${fault.deed.kind}`)
    return strike(world, fault, letter, stream)
  }
  return () => armed
}

function strike(world: World, { trader, deed }: MessageFault, letter: Letter, stream: SimStream): Delivery {
  switch (deed.kind) {
    case 'lose':
      return { letter: undefined }
    case 'double':
      return { letter, twice: true }
    case 'delay':
      return { letter, delayMs: deed.ms }
    case 'change':
      return { letter: deed.change(letter) }
    case 'cut':
      return timed(letter, deed.when, () => stream.cut())
    case 'restartTrader':
      return timed(letter, deed.when, () => restart(world, world.trader(trader)))
    case 'restartAuctioneer':
      return timed(letter, deed.when, () => restart(world, world.auctioneer))
    case 'mine':
      return timed(letter, deed.when, () => world.stage.chain.mine(deed.blocks))
    case 'reorg':
      return timed(letter, deed.when, () => world.stage.chain.reorg(deed.depth, { empty: true }))
    case 'clocks':
      return timed(letter, deed.when, () => {
        world.stage.clocks.jump(trader, deed.ms)
        world.stage.clocks.jump('auctioneer', -deed.ms)
      })
    default:
      return deed satisfies never
  }
}

const timed = (letter: Letter, when: When, run: () => void): Delivery => ({ letter, [when]: run })

/** Killed now, back after a while. */
export function restart(world: World, process: { kill(): void; boot(): void }): void {
  process.kill()
  world.stage.scheduler.after(DOWN_MS, () => process.boot())
}

export type { Deed }
