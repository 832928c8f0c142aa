import { describe, expect, it, vi } from 'vitest'
import type * as crypto from '@tidepool/crypto'
import { comeToRest, faultsAtRest } from './checks/atRest.ts'
import { satoshis } from './checks/batches.ts'
import { threeTraders } from './words/threeTraders.ts'

vi.mock('@tidepool/crypto', async (load) => {
  const { remembering } = await import('./kernel/remember.ts')
  return remembering(await load<typeof crypto>())
})

/** Longer than the next proposal needs, shorter than a step. */
const HELD_MS = 5000

describe('a proposal that is replaced before its answer came', () => {
  it.each(['accept', 'prepare'] as const)('is answered all the same, and the next one too: %s held', async (held) => {
    const world = await threeTraders(`superseded ${held}`)
    const before = await satoshis(world)
    const carol = world.trader('carol')
    const bob = world.trader('bob').key
    const codes: unknown[] = []
    world.stage.hear = ({ fields }) => ('code' in fields ? codes.push(fields.code) : undefined)
    const answers: string[] = []
    let first = true
    world.arrives = (name, letter) => {
      const { kind } = letter.message
      if (name === 'carol' && letter.way === 'up') answers.push(kind)
      if (name !== 'carol' || kind !== held || !first) return { letter }
      first = false
      void world.auctioneer.auctioneer.bans.set(bob, undefined, '')
      return { letter, delayMs: HELD_MS }
    }
    const run = await world.auction()
    await world.stage.scheduler.drain()
    expect(run, world.story()).toMatchObject({ outcome: 'batch' })
    expect(run?.attempts[0]?.failures, world.story()).toMatchObject([{ failure: { kind: 'bookChanged' } }])
    expect(answers.at(-1), world.story()).toBe('sign')
    expect(codes).not.toContain('ANSWER_UNASKED')
    expect(world.auctioneer.auctioneer.registry.sessionOf(carol.key)?.isSilent).toBe(false)
    expect([...carol.trader.ledger.orders.values()].map(({ state }) => state)).toEqual(['executed'])
    await comeToRest(world)
    expect(await faultsAtRest(world, true), world.story()).toEqual([])
    expect(await satoshis(world)).toBe(before)
  })
})
