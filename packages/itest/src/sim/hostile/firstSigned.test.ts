import { formatOutPoint } from '@tidepool/crypto'
import type { Transaction } from '@tidepool/crypto'
import { isFunded } from '@tidepool/trader'
import type { StagedBatch } from '@tidepool/trader'
import { expect, it } from 'vitest'
import { confirmInstead } from '../words/doubleSpend.ts'
import { openMarket } from '../words/market.ts'
import { ask, bid } from '../words/orders.ts'
import { CAST } from '../words/threeTraders.ts'
import type { World } from '../world.ts'

/** As deep as a conflict must be, until the auctioneer's word that the batch is final counts for nothing any more. */
const BLOCKS = 44
const PUSHED = 0x51

/** With witnesses of the right form: this chain does not look into them. */
function asPublished({ record, inputs }: StagedBatch): Transaction {
  const filled = (length: number): Uint8Array => new Uint8Array(length).fill(1)
  const witnesses = [...(inputs ?? [])].map(({ script }) =>
    script[0] === PUSHED ? [filled(64)] : [filled(9), filled(9), filled(9)],
  )
  const { transaction } = record
  return { ...transaction, inputs: transaction.inputs.map((one, i) => ({ ...one, witness: witnesses[i] ?? [] })) }
}

async function blocks(world: World): Promise<void> {
  for (let i = 0; i < BLOCKS; i++) {
    await world.mine(1)
    await world.stage.scheduler.pass(20_000)
  }
}

it('of two attempts that were signed the first is published, after the second became final', async () => {
  const world = await openMarket(CAST, { seed: 'the first of two', checkScripts: () => undefined })
  const [alice, bob, carol] = [world.trader('alice'), world.trader('bob'), world.trader('carol')]
  await world.finish(alice.trader.orders.submit(ask(alice, 10), 'sim'))
  await world.finish(bob.trader.orders.submit(bid(bob, 6), 'sim'))
  await world.finish(carol.trader.orders.submit(bid(carol, 3), 'sim'))
  world.arrives = (name, letter) =>
    name === 'carol' && letter.message.kind === 'sign' ? { letter: undefined } : { letter }
  expect((await world.auction())?.outcome).toBe('batch')
  await world.stage.scheduler.drain()
  for (const { name, trader, node } of [alice, bob]) {
    expect(
      [...trader.ledger.leftovers.values()].map(({ signed }) => signed),
      name,
    ).toEqual([true])
    expect([...node.channels.keys()]).toHaveLength(name === 'alice' ? 3 : 2)
  }
  const [first] = [...bob.trader.ledger.leftovers.values()]
  const [second] = [...bob.trader.ledger.batches.values()]
  if (first?.staged === undefined || second === undefined) throw new Error('two attempts were signed')
  confirmInstead(world, asPublished(first.staged))
  await blocks(world)
  for (const { name, trader, node, key } of [alice, bob]) {
    const { ledger } = trader
    expect(
      [...ledger.batches.values()].map(({ txid }) => txid),
      world.story(),
    ).toEqual([first.txid])
    const account = ledger.accounts.get(key)
    if (account === undefined || !isFunded(account)) throw new Error(`${name} has no account`)
    expect([name, account.kind, account.outpoint.txid]).toEqual([name, 'open', first.txid])
    const points = [...ledger.batches.values()].flatMap(({ leases }) =>
      leases.map(({ channel }) => formatOutPoint(channel.shim.outpoint)),
    )
    expect([...node.channels.keys()].toSorted()).toEqual(points.toSorted())
    expect([...node.channels.values()].every(({ state }) => state === 'open')).toBe(true)
  }
  const states = [alice, bob].flatMap(({ trader }) => [...trader.ledger.orders.values()].map(({ state }) => state))
  expect(states).toEqual(['partiallyFilled', 'executed'])
})
