import { addressToScript, encodeTx, fromHex, outPoint, satoshi, txid, txidOf } from '@tidepool/crypto'
import type { Transaction, TxOutput, Txid } from '@tidepool/crypto'
import type { Lnd } from './contract.ts'
import { random32 } from './words.ts'

/** A payment whose id is known before anything is signed, as a batch transaction's is. */
export interface Payment {
  readonly txid: Txid
  readonly unsigned: Transaction
  readonly change: TxOutput
  /** Signs the wallet's input and broadcasts. */
  publish(): Promise<Transaction>
}

const FEE = 5000n

/** Spends one coin of a node's wallet to these outputs, in this order, and change. */
export async function planPayment(lnd: Lnd, outputs: readonly TxOutput[], sequence = 0xffff_fffd): Promise<Payment> {
  const amount = outputs.reduce((sum, output) => sum + output.value, FEE)
  const { utxos } = await lnd.walletKit.listUnspent({ minConfs: 1 })
  const coin = utxos.find((each) => each.amountSat > amount + 100_000n)
  if (coin?.outpoint === undefined) throw new Error(`no confirmed coin above ${amount} sat`)
  await lnd.walletKit.leaseOutput({ id: random32(), outpoint: coin.outpoint, expirationSeconds: 600n })
  const { addr } = await lnd.walletKit.nextAddr({ type: 'WITNESS_PUBKEY_HASH' })
  const change: TxOutput = { value: satoshi(coin.amountSat - amount), script: addressToScript(addr, 'regtest') }
  const prevout = outPoint(txid(coin.outpoint.txidStr), coin.outpoint.outputIndex)
  const unsigned: Transaction = {
    version: 2,
    lockTime: 0,
    inputs: [{ prevout, scriptSig: new Uint8Array(), sequence, witness: [] }],
    outputs: [...outputs, change],
  }
  const spent: TxOutput = { value: satoshi(coin.amountSat), script: fromHex(coin.pkScript) }
  return {
    txid: txidOf(unsigned),
    unsigned,
    change,
    publish: async () => {
      const signed = await signWalletInput(lnd, unsigned, spent)
      await lnd.walletKit.publishTransaction({ txHex: encodeTx(signed, { witness: true }), label: 'batch' })
      return signed
    },
  }
}

/** Witness for the only input, which spends a coin of the wallet. */
export async function signWalletInput(lnd: Lnd, unsigned: Transaction, spent: TxOutput): Promise<Transaction> {
  const output = { value: spent.value, pkScript: spent.script }
  const taproot = spent.script[0] === 0x51
  const { inputScripts } = await lnd.signer.computeInputScript({
    rawTxBytes: encodeTx(unsigned, { witness: false }),
    signDescs: [{ output, sighash: taproot ? 0 : 1, inputIndex: 0 }],
    prevOutputs: [output],
  })
  const witness = inputScripts[0]?.witness ?? []
  return { ...unsigned, inputs: unsigned.inputs.map((input) => ({ ...input, witness })) }
}
