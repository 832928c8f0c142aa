import { Transaction } from 'bitcoinjs-lib'
import {
  derEncode,
  fromHex,
  p2wpkhScript,
  pointFromSecret,
  reversed,
  sha256,
  signEcdsa,
  toHex,
  withSighashAll,
} from '@tidepool/crypto'
import type { Chain } from './chain.ts'
import type { Coin } from './coin.ts'
import { COINBASE_MATURITY } from './mempool.ts'
import { ChainError } from './rejection.ts'

const SECRET = sha256(new TextEncoder().encode('tidepool simnet faucet'))
const PUBLIC_KEY = pointFromSecret(SECRET)
/** Receives all coinbases. */
export const FAUCET_SCRIPT = p2wpkhScript(PUBLIC_KEY)
const FEE = 2000n
const SIGHASH_ALL = 1

/** Pays outputs from mature coinbases and earlier change; the caller mines. @throws ChainError FAUCET_EMPTY */
export function payFromFaucet(
  chain: Chain,
  outputs: readonly { readonly script: Uint8Array; readonly value: bigint }[],
): Transaction {
  const amount = outputs.reduce((sum, output) => sum + output.value, FEE)
  const { coins, total } = pick(chain, amount)
  const tx = new Transaction()
  tx.version = 2
  for (const coin of coins) tx.addInput(reversed(fromHex(coin.txid)), coin.index, 0xffff_fffd)
  for (const output of outputs) tx.addOutput(output.script, output.value)
  if (total - amount > 1000n) tx.addOutput(FAUCET_SCRIPT, total - amount)
  for (const [index, coin] of coins.entries()) sign(tx, index, coin)
  chain.publish(tx)
  return tx
}

function pick(chain: Chain, amount: bigint): { coins: readonly Coin[]; total: bigint } {
  const usable = chain
    .unspentOf(new Set([toHex(FAUCET_SCRIPT)]))
    .filter((coin) => !coin.coinbase || chain.height + 1 - (coin.height ?? 0) >= COINBASE_MATURITY)
  const coins: Coin[] = []
  let total = 0n
  for (const coin of usable.toSorted((a, b) => (a.value > b.value ? -1 : 1))) {
    if (total >= amount) break
    coins.push(coin)
    total += coin.value
  }
  if (total < amount) {
    throw new ChainError({ code: 'FAUCET_EMPTY', wanted: amount }, `the faucet cannot pay ${amount} sat`)
  }
  return { coins, total }
}

function sign(tx: Transaction, index: number, coin: Coin): void {
  const code = Uint8Array.from([0x76, 0xa9, 0x14, ...FAUCET_SCRIPT.subarray(2), 0x88, 0xac])
  const digest = tx.hashForWitnessV0(index, code, coin.value, SIGHASH_ALL)
  tx.setWitness(index, [withSighashAll(derEncode(signEcdsa(digest, SECRET))), PUBLIC_KEY])
}
