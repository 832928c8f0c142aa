import { describe, expect, it } from 'vitest'
import { restart } from './faults/inject.ts'
import type { CallFault } from './kernel/life.ts'
import { CAST, survive, threeTraders } from './words/threeTraders.ts'
import type { World } from './world.ts'

const PROCESSES = ['auctioneer', ...CAST.map(({ name }) => name)]
/** More calls than any process makes in one batch: the table ends by itself. */
const MOST_CALLS = 60

const processOf = (world: World, name: string) => (name === 'auctioneer' ? world.auctioneer : world.trader(name))

/** Calls of the undisturbed batch, by name. */
async function callsOf(name: string): Promise<readonly string[]> {
  const world = await threeTraders('every call')
  const calls: string[] = []
  processOf(world, name).intercept = (what) => void calls.push(what)
  await world.auction()
  await world.stage.scheduler.drain()
  return calls
}

async function strike(name: string, index: number, fault: CallFault): Promise<void> {
  const world = await threeTraders('every call')
  await survive(world, () => {
    let left = index
    processOf(world, name).intercept = () => {
      left -= 1
      if (left !== 0) return undefined
      if (!(fault instanceof Error)) queueMicrotask(() => restart(world, processOf(world, name)))
      return fault
    }
    return () => expect(left).toBeLessThanOrEqual(0)
  })
}

describe.each(PROCESSES)('%s', (name) => {
  const calls = Array.from({ length: MOST_CALLS }, (_, i) => i + 1)

  it.each(calls)('is killed around call %i', async (index) => {
    const names = await callsOf(name)
    if (index > names.length) return
    await strike(name, index, 'killBefore')
    await strike(name, index, 'killAfter')
  })
})
