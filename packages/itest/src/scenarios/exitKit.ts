import { expect } from 'vitest'
import { fromHex, outPoint, toHex, txid } from '@tidepool/crypto'
import { runCommand } from '../harness/command.ts'
import { fundAccounts, untilOpen } from './words/accounts.ts'
import { untilPublished } from './words/auction.ts'
import { change } from './words/changes.ts'
import type { Market } from './words/market.ts'
import { kitFolder, writeKits, type KitFiles } from './words/recovery.ts'

const SHORT = 200
const SAT_PER_VBYTE = 25

/** What a kit's script is told of the owner's lnd. */
export interface LndRest {
  readonly url: string
  readonly tlsCertPath: string
  readonly macaroonPath: string
}

/**
 * Kits of every version, followed to the letter: all our daemons are off, only bash, curl and the owner's lnd
 * take part. Too early they are refused, afterwards the coins are in lnd's wallet.
 */
export async function exitKits(market: Market, lnd: LndRest): Promise<void> {
  const [carol] = await market.traders('carol')
  const [legacy, ...taproot] = await fundAccounts(
    market,
    { trader: carol, value: 1_000_000n, version: 0, expiryBlocks: SHORT },
    { trader: carol, value: 1_500_000n, version: 1, expiryBlocks: SHORT },
    { trader: carol, value: 2_000_000n, version: 2, expiryBlocks: SHORT },
  )
  // A changed account too: its batch key is not the first one any more.
  await change(legacy, 'deposit', '--amt=123456', '--sat_per_vbyte=11', '--new_version=1')
  await market.stack.mine(6)
  await untilOpen(market, legacy)
  for (const account of taproot) await untilOpen(market, account)
  const kits = await writeKits(carol, kitFolder(market.stack, 'carol'))
  expect(kits).toHaveLength(3)
  await carol.stop()
  await market.auctioneer.stop()

  for (const kit of kits) expect((await run(kit, lnd)).stderr).toMatch(/lnd does not publish: .*non.final/)
  await market.stack.mine(SHORT)
  for (const kit of kits) await sweep(market, kit, lnd)
}

/** As its text says. */
const run = (kit: KitFiles, lnd: LndRest) =>
  runCommand(
    'env',
    [
      `LND_REST=${lnd.url}`,
      `LND_TLS=${lnd.tlsCertPath}`,
      `LND_MACAROON=${lnd.macaroonPath}`,
      'bash',
      kit.script,
    ].concat(String(SAT_PER_VBYTE)),
  )

async function sweep(market: Market, { json, script }: KitFiles, lnd: LndRest): Promise<void> {
  const planned = json.sweeps.find((one) => one.sat_per_vbyte === SAT_PER_VBYTE)
  if (planned === undefined) throw new Error('the kit lacks the fee rate')
  expect(planned.value_sat + planned.fee_sat).toBe(json.account.value_sat)
  const answer = await run({ json, script }, lnd)
  expect(answer).toMatchObject({ exitCode: 0 })
  const { walletKit } = market.stack.nodes.carol.rpc
  const id = await spenderOf(market, json.output.outpoint)
  await untilPublished(market, id)
  await market.stack.mine(1)
  const swept = await market.stack.chain.unspent(outPoint(txid(id), 0))
  expect(swept?.value).toBe(BigInt(planned.value_sat))
  const { utxos } = await walletKit.listUnspent({ minConfs: 1 })
  const own = utxos.find(({ outpoint }) => outpoint?.txidStr === id)
  expect(own).toMatchObject({ amountSat: BigInt(planned.value_sat), pkScript: json.sweep_to.script })
  expect(toHex(fromHex(json.sweep_to.script))).toBe(own?.pkScript)
}

/** The transaction in the mempool that spends an outpoint. */
async function spenderOf(market: Market, outpoint: string): Promise<string> {
  for (const id of await market.stack.chain.mempool()) {
    const found = await market.stack.chain.transaction(id)
    const spends = found?.transaction.inputs.some(({ prevout }) => `${prevout.txid}:${prevout.index}` === outpoint)
    if (spends === true) return id
  }
  throw new Error(`nothing in the mempool spends ${outpoint}`)
}
