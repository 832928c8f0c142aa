import { describe, expect, it } from 'vitest'
import { BAD_NONCES, BAD_SIGNS } from './faults/badSigns.ts'
import { nameOf } from './faults/fault.ts'
import type { Deed, MessageFault, Step } from './faults/fault.ts'
import { inject } from './faults/inject.ts'
import { LIES, LYING_NONCES, LYING_REQUESTS } from './faults/lies.ts'
import { rejects } from './faults/rejects.ts'
import { CAST, survive, threeTraders } from './words/threeTraders.ts'
import type { World } from './world.ts'

const each = (traders: readonly string[], step: Step, deeds: readonly Deed[]): readonly MessageFault[] =>
  traders.flatMap((trader) => deeds.map((deed) => ({ trader, step, deed })))

const ALL = CAST.map(({ name }) => name)
/** One of each side, and of each kind of account script. */
const TWO = ['alice', 'bob']
const TAPROOT = ['bob']

async function run(name: string, fault: MessageFault): Promise<World> {
  const world = await threeTraders(name)
  await survive(world, () => {
    const left = inject(world, [fault])
    return () => expect(left()).toEqual([])
  })
  return world
}

const table = (faults: readonly MessageFault[]) => faults.map((fault) => [nameOf(fault), fault] as const)

describe('a trader that says no', () => {
  const names = TWO.flatMap((trader) => (['accept', 'sign'] as const).map((step) => [trader, step] as const))
  const kinds = rejects(() => []).map((_, i) => i)
  const cases = names.flatMap(([trader, step]) => kinds.map((kind) => [trader, step, kind] as const))

  it.each(cases)('%s at its %s, way %i', async (trader, step, kind) => {
    const world = await threeTraders(`${trader} ${step} ${kind}`)
    const others = ALL.filter((name) => name !== trader && (trader === 'alice' || name === 'alice'))
    const met = () => others.flatMap((name) => [...world.trader(name).trader.ledger.orders.keys()])
    const deed = rejects(met)[kind]
    if (deed === undefined) throw new Error('no such reject')
    await survive(world, () => {
      const left = inject(world, [{ trader, step, deed }])
      return () => expect(left()).toEqual([])
    })
  })
})

describe('a trader that signs badly', () => {
  const faults = [...each(TWO, 'sign', BAD_SIGNS), ...each(TAPROOT, 'sign', BAD_NONCES)]
  it.each(table(faults))('%s', async (name, fault) => {
    await run(name, fault)
  })
})

describe('a trader that is lied to', () => {
  it.each(table(each(TWO, 'prepare', LIES)))('%s', async (name, fault) => {
    const world = await run(name, fault)
    expect(world.stage.complaints).toEqual([])
  })

  it.each(table([...each(TWO, 'signBegin', LYING_REQUESTS), ...each(TAPROOT, 'signBegin', LYING_NONCES)]))(
    '%s',
    async (name, fault) => {
      await run(name, fault)
    },
  )
})
