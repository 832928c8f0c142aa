import { toHex } from '@tidepool/crypto'
import type { lnrpc } from '@tidepool/rpc'
import { spentOutputs, type Chain } from '../chain/chain.ts'
import { inputKey } from '../chain/coin.ts'
import { addressOf } from './addressBook.ts'
import type { Wallet } from './wallet.ts'

/** A transaction as lnd's wallet shows it. */
export function transactionMessage(wallet: Wallet, chain: Chain, txid: string): lnrpc.TransactionInit | undefined {
  const found = chain.transaction(txid)
  if (found === undefined) return undefined
  const { tx } = found
  const height = 'height' in found ? found.height : undefined
  const block = height === undefined ? undefined : chain.blockAt(height)
  const isOurs = (script: Uint8Array): boolean => wallet.book.find(script) !== undefined
  const spent = spentOutputs(chain, tx)
  const paidIn = sum(spent.map((coin) => (coin !== undefined && isOurs(coin.script) ? coin.value : 0n)))
  const paidBack = sum(tx.outs.map((out) => (isOurs(out.script) ? out.value : 0n)))
  const allOurs = spent.every((coin) => coin !== undefined && isOurs(coin.script))
  const fee = sum(spent.map((coin) => coin?.value ?? 0n)) - sum(tx.outs.map((out) => out.value))
  return {
    txHash: txid,
    amount: paidBack - paidIn,
    numConfirmations: wallet.confirmationsOf(height),
    blockHash: block?.hash ?? '',
    blockHeight: height ?? 0,
    timeStamp: BigInt((block ?? chain.tip).time),
    totalFees: allOurs ? fee : 0n,
    destAddresses: tx.outs.map((out) => addressOf(out.script)).filter((address) => address !== ''),
    outputDetails: tx.outs.map((out, index) => ({
      outputType: outputType(out.script),
      address: addressOf(out.script),
      pkScript: toHex(out.script),
      outputIndex: BigInt(index),
      amount: out.value,
      isOurAddress: isOurs(out.script),
    })),
    rawTxHex: tx.toHex(),
    label: wallet.label(txid),
    previousOutpoints: tx.ins.map((input, i) => ({
      outpoint: inputKey(input),
      isOurOutput: isOursAt(spent, i, isOurs),
    })),
  }
}

function isOursAt(
  spent: readonly ({ readonly script: Uint8Array } | undefined)[],
  index: number,
  isOurs: (script: Uint8Array) => boolean,
): boolean {
  const coin = spent[index]
  return coin !== undefined && isOurs(coin.script)
}

function outputType(script: Uint8Array): lnrpc.OutputScriptType {
  if (script.length === 22 && script[0] === 0) return 'SCRIPT_TYPE_WITNESS_V0_PUBKEY_HASH'
  if (script.length === 34 && script[0] === 0) return 'SCRIPT_TYPE_WITNESS_V0_SCRIPT_HASH'
  if (script.length === 34 && script[0] === 0x51) return 'SCRIPT_TYPE_WITNESS_V1_TAPROOT'
  if (script.length === 23 && script[0] === 0xa9) return 'SCRIPT_TYPE_SCRIPT_HASH'
  if (script.length === 25 && script[0] === 0x76) return 'SCRIPT_TYPE_PUBKEY_HASH'
  return script[0] === 0x6a ? 'SCRIPT_TYPE_NULLDATA' : 'SCRIPT_TYPE_NON_STANDARD'
}

const sum = (values: readonly bigint[]): bigint => values.reduce((total, value) => total + value, 0n)
