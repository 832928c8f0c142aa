import { describe, expect, it } from 'vitest'
import { restart } from './faults/inject.ts'
import type { CallFault } from './kernel/life.ts'
import { CAST, survive, threeTraders } from './words/threeTraders.ts'
import type { World } from './world.ts'

const SEED = 'every call'
const processOf = (world: World, name: string) => (name === 'auctioneer' ? world.auctioneer : world.trader(name))

/** What a process does outside itself in an undisturbed batch, in order. */
async function callsOf(name: string): Promise<readonly string[]> {
  const world = await threeTraders(SEED)
  const calls: string[] = []
  processOf(world, name).intercept = (what) => {
    calls.push(what)
    return undefined
  }
  await world.auction()
  await world.stage.scheduler.drain()
  return calls
}

/** The same batch up to the call, which then goes wrong. */
async function strike(name: string, call: number, fault: CallFault): Promise<void> {
  const world = await threeTraders(SEED)
  await survive(world, () => {
    let left = call
    processOf(world, name).intercept = () => {
      left -= 1
      if (left !== 0) return undefined
      if (!(fault instanceof Error)) queueMicrotask(() => restart(world, processOf(world, name)))
      return fault
    }
    return () => expect(left).toBeLessThanOrEqual(0)
  })
}

async function atEach(name: string, calls: readonly (readonly [number, string])[], fault: CallFault): Promise<void> {
  expect(calls.length).toBeGreaterThan(5)
  for (const [call, what] of calls) {
    try {
      await strike(name, call, fault)
    } catch (cause) {
      throw new Error(`${name}, call ${call}: ${what}`, { cause })
    }
  }
}

const numbered = (calls: readonly string[]): readonly (readonly [number, string])[] =>
  calls.map((what, i) => [i + 1, what] as const)

describe.each(['auctioneer', ...CAST.map(({ name }) => name)])('%s', (name) => {
  it('is killed after each thing it does outside itself', { timeout: 60_000 }, async () => {
    await atEach(name, numbered(await callsOf(name)), 'killAfter')
  })

  /** A store that cannot write is another matter: the daemons end themselves. */
  it('is refused each thing it asks of its node or the auctioneer', { timeout: 60_000 }, async () => {
    const calls = numbered(await callsOf(name)).filter(([, what]) => !what.startsWith('commit'))
    await atEach(name, calls, new Error('not now'))
  })
})
