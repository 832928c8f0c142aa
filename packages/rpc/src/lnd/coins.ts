import { outPoint, txidFromBytes, txidToBytes, type OutPoint, type SatPerKWeight } from '@tidepool/crypto'
import type { lnrpc, walletrpc } from '../gen/packages.ts'
import type { LndClients } from './client.ts'
import { asLnd } from './errors.ts'

/** A coin that lnd keeps for us, and under which id. */
export interface LeasedCoin {
  readonly id: Uint8Array
  readonly outpoint: OutPoint
}

export interface FundedPsbt {
  /** Inputs, change and the output asked for, unsigned. */
  readonly psbt: Uint8Array
  readonly leases: readonly LeasedCoin[]
}

/** lnd takes whole satoshis per virtual byte here; a fraction is dropped. Pool account/manager.go */
export const wholeSatPerVByte = (feeRate: SatPerKWeight): bigint => (feeRate * 4n) / 1000n

/** Chooses confirmed coins for one output and leases them for ten minutes. @throws LndError LND_FUNDS_SHORT */
export async function fundPsbt(
  lnd: LndClients,
  output: { readonly address: string; readonly value: bigint },
  feeRate: SatPerKWeight,
): Promise<FundedPsbt> {
  const answer = await asLnd(
    lnd.walletKit.fundPsbt({
      template: { case: 'raw', value: { outputs: new Map([[output.address, output.value]]) } },
      fees: { case: 'satPerVbyte', value: wholeSatPerVByte(feeRate) },
      minConfs: 1,
    }),
  )
  return { psbt: answer.fundedPsbt, leases: answer.lockedUtxos.map(leasedCoin) }
}

const leasedCoin = ({ id, outpoint }: walletrpc.UtxoLease): LeasedCoin => ({
  id,
  outpoint: outPoint(txidFromBytes(outpoint?.txidBytes ?? new Uint8Array()), outpoint?.outputIndex ?? 0),
})

const outPointToLnd = (point: OutPoint): lnrpc.OutPointInit => ({
  txidBytes: txidToBytes(point.txid),
  outputIndex: point.index,
})

/** @throws LndError */
export async function releaseCoin(lnd: LndClients, { id, outpoint }: LeasedCoin): Promise<void> {
  await asLnd(lnd.walletKit.releaseOutput({ id, outpoint: outPointToLnd(outpoint) }))
}

/** Signs lnd's own inputs; all others must carry their witness. The whole transaction, serialised. @throws LndError */
export async function finalizePsbt(lnd: LndClients, psbt: Uint8Array): Promise<Uint8Array> {
  return (await asLnd(lnd.walletKit.finalizePsbt({ fundedPsbt: psbt }))).rawFinalTx
}

/** A new address of lnd's wallet. @throws LndError */
export async function nextAddress(lnd: LndClients, kind: 'p2wpkh' | 'p2tr'): Promise<string> {
  const type = kind === 'p2tr' ? 'TAPROOT_PUBKEY' : 'WITNESS_PUBKEY_HASH'
  return (await asLnd(lnd.walletKit.nextAddr({ type }))).addr
}

/** Has lnd's sweeper pay for an unconfirmed output of its wallet. @throws LndError LND_OUTPUT_FOREIGN, LND_TX_CONFIRMED */
export async function bumpFee(lnd: LndClients, outpoint: OutPoint, satPerVbyte: bigint): Promise<void> {
  const request = { outpoint: outPointToLnd(outpoint), satPerVbyte, immediate: true }
  await asLnd(lnd.walletKit.bumpFee(request))
}
