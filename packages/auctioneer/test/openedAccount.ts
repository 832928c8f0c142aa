import { accountOutput } from '@tidepool/crypto'
import type { Transaction } from '@tidepool/crypto'
import type { Account, AccountVersion } from '@tidepool/market'
import { pay } from './changes.ts'
import type { ScriptedTrader } from './scriptedTrader.ts'
import { World } from './world.ts'

/** A world with one trader whose account is open, and connected. */
export async function opened(version: AccountVersion = 2, blocks = 5000) {
  const world = await World.start()
  const alice = world.trader('alice')
  await alice.openAccount(5_000_000, version, blocks)
  await world.mine(6)
  await alice.connect()
  return { world, alice }
}

export const recordOf = (world: World, trader: ScriptedTrader) => {
  const record = world.auctioneer.ledger.accounts.get(trader.key)
  if (record === undefined) throw new Error('no account')
  return record
}
export const stateOf = (world: World, trader: ScriptedTrader) => recordOf(world, trader).state
export const eventsOf = async (world: World, trader: ScriptedTrader) =>
  (await world.auctioneer.ledger.store.accountSteps(trader.key)).map(({ event, state }) => `${event}: ${state}`)

export const secretOf = (world: World, trader: ScriptedTrader) => ({ secret: recordOf(world, trader).account.secret })

export function expirySpend(account: Account): Transaction {
  const output = accountOutput({ ...account, traderKey: account.key })
  const witness =
    output.kind === 'p2wsh'
      ? [new Uint8Array(), new Uint8Array(71), output.witnessScript]
      : [new Uint8Array(64), output.leafScript, output.controlBlock]
  const inputs = [{ prevout: account.outpoint, scriptSig: new Uint8Array(), sequence: 0, witness }]
  return { version: 2, lockTime: 0, inputs, outputs: [pay(1000)] }
}
