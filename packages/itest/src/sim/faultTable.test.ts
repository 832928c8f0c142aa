import { describe, expect, it } from 'vitest'
import { STEPS, nameOf } from './faults/fault.ts'
import type { Deed, MessageFault } from './faults/fault.ts'
import { inject } from './faults/inject.ts'
import { CAST, survive, threeTraders } from './words/threeTraders.ts'

const DEEDS: readonly Deed[] = [
  { kind: 'cut', when: 'before' },
  { kind: 'cut', when: 'after' },
  { kind: 'lose' },
  { kind: 'double' },
  { kind: 'delay', ms: 40_000 },
  { kind: 'restartTrader', when: 'before' },
  { kind: 'restartTrader', when: 'after' },
  { kind: 'restartAuctioneer', when: 'before' },
  { kind: 'restartAuctioneer', when: 'after' },
  { kind: 'mine', when: 'before', blocks: 1 },
  { kind: 'reorg', when: 'before', depth: 2 },
  { kind: 'clocks', when: 'before', ms: 86_400_000 },
]

const FAULTS: readonly MessageFault[] = CAST.flatMap(({ name: trader }) =>
  STEPS.flatMap((step) => DEEDS.map((deed): MessageFault => ({ trader, step, deed }))),
)

describe('one fault at one message of a batch', () => {
  it.each(FAULTS.map((fault) => [nameOf(fault), fault] as const))('%s', async (name, fault) => {
    const world = await threeTraders(name)
    await survive(world, () => {
      const left = inject(world, [fault])
      return () => expect(left()).toEqual([])
    })
  })
})
