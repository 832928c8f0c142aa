import {
  INITIAL_BATCH_KEY,
  batchKeyOffset,
  equalBytes,
  formatOutPoint,
  fromHex,
  masterAccountOutput,
} from '@tidepool/crypto'
import type { BatchRecord } from '@tidepool/auctioneer'
import type { World } from '../world.ts'

/** Ids follow each other, every stored batch is in the chain as stored, and the fee is what the record says. */
export async function batchFaults(world: World): Promise<readonly string[]> {
  const { ledger, masterKey } = world.auctioneer.auctioneer
  const { auction, store, unconfirmedBatches } = ledger
  const batches = (await store.batches(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)).toReversed()
  const found: string[] = []
  for (const [i, batch] of batches.entries()) {
    if (batch.batchId !== batchKeyOffset(INITIAL_BATCH_KEY, i)) found.push(`batch ${i + 1} has id ${batch.batchId}`)
    found.push(...chainFaults(world, batch))
  }
  if (auction.batchKey !== batchKeyOffset(INITIAL_BATCH_KEY, batches.length)) found.push('the next batch id is wrong')
  if (unconfirmedBatches.size > 0) found.push(`${unconfirmedBatches.size} batches are not confirmed`)
  const { master } = auction
  if (master?.kind !== 'ready') return [...found, 'the master account is not ready']
  const { script } = masterAccountOutput({ auctioneerKey: masterKey.key, batchKey: master.batchKey })
  const coin = world.stage.chain.unspent(formatOutPoint(master.outpoint))
  if (coin?.value !== master.value || !equalBytes(coin.script, script)) found.push('the master output is not there')
  return found
}

function chainFaults(world: World, batch: BatchRecord): readonly string[] {
  const { ledger } = world.stage.chain
  const mined = ledger.transaction(batch.txid)
  if (mined === undefined) return [`batch ${batch.txid} is not in the chain`]
  const same = equalBytes(fromHex(mined.tx.toHex()), batch.transaction)
  const paid = mined.tx.ins.reduce((sum, { hash, index }) => {
    const txid = Buffer.from(hash).reverse().toString('hex')
    return sum + (ledger.anyCoin(`${txid}:${index}`)?.value ?? 0n)
  }, 0n)
  const fee = paid - mined.tx.outs.reduce((sum, { value }) => sum + value, 0n)
  return [
    ...(same ? [] : [`batch ${batch.txid} was mined with other witnesses than stored`]),
    ...(fee === batch.minerFee ? [] : [`batch ${batch.txid} pays ${fee} to miners, not ${batch.minerFee}`]),
  ]
}

/** All satoshis in accounts, leases, the master output and fees: no fault may change the sum. */
export async function satoshis(world: World): Promise<bigint> {
  const { accounts, auction, store } = world.auctioneer.auctioneer.ledger
  const batches = await store.batches(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)
  const live = [...accounts.values()].filter(({ state }) => state.kind !== 'closed' && state.kind !== 'pendingClosed')
  const inAccounts = live.reduce((sum, { account }) => sum + account.value, 0n)
  const leased = batches.flatMap(({ matches }) => matches).reduce((sum, { channelValue }) => sum + channelValue, 0n)
  const fees = batches.reduce((sum, { minerFee }) => sum + minerFee, 0n)
  return inAccounts + leased + fees + (auction.master?.value ?? 0n)
}
