import { Transaction } from 'bitcoinjs-lib'
import { fromHex, reversed } from '@tidepool/crypto'
import { coinKey, type Coin } from '../chain/coin.ts'
import { dustLimit } from '../chain/policy.ts'
import { LndRefusal } from '../lndRefusal.ts'
import { outputWeight, selectCoins, type Selection } from './selectCoins.ts'
import { signWalletInputs, type SpentOutput } from './signInput.ts'
import type { Wallet } from './wallet.ts'

export interface SendRequest {
  readonly outputs: readonly SpentOutput[]
  readonly feeRate: bigint
  readonly minConfirmations: number
  readonly label: string
  /** What must stay in the wallet for anchor channels. */
  readonly reserve: bigint
}

const INSUFFICIENT = 'insufficient funds available to construct transaction'
const RESERVE_HURT = 'the outputs to be sent would leave insufficient reserves for anchor channels in the wallet'

/** Pays outputs from the wallet and broadcasts. @throws LndRefusal in lnd's words */
export function sendOutputs(wallet: Wallet, request: SendRequest): Transaction {
  if (request.outputs.length === 0) throw new LndRefusal('must specify at least one output to create')
  for (const output of request.outputs) {
    if (output.value < dustLimit(output.script)) throw new LndRefusal('transaction output is dust')
  }
  const coins = wallet.coins({ min: request.minConfirmations })
  const amount = request.outputs.reduce((sum, output) => sum + output.value, 0n)
  checkReserve(wallet, request, amount)
  const change = wallet.book.next('p2tr', true)
  const selection = selectCoins({
    candidates: coins,
    amount,
    weight: request.outputs.reduce((sum, output) => sum + outputWeight(output.script), 0),
    feeRate: request.feeRate,
    changeScript: change.script,
  })
  if (selection === undefined) throw new LndRefusal(INSUFFICIENT)
  if (request.reserve > 0n && balanceOf(wallet) - amount - selection.fee < request.reserve) {
    throw new LndRefusal(RESERVE_HURT)
  }
  const tx = buildSend(selection, request.outputs, change.script)
  signWalletInputs(wallet.book, tx, selection.coins)
  return wallet.publish(tx.toBuffer(), request.label, 'send')
}

/** lnd looks at the reserve before it selects coins, so a poor wallet with anchor channels hears about the reserve. */
function checkReserve(wallet: Wallet, request: SendRequest, amount: bigint): void {
  if (request.reserve > 0n && balanceOf(wallet) - amount < request.reserve) throw new LndRefusal(RESERVE_HURT)
}

const balanceOf = (wallet: Wallet): bigint => wallet.allCoins().reduce((sum, coin) => sum + coin.value, 0n)

/** Version 1, final sequences, change first or last by the coins: callers must find their output by its script. */
function buildSend(selection: Selection, outputs: readonly SpentOutput[], changeScript: Uint8Array): Transaction {
  const tx = new Transaction()
  tx.version = 1
  addInputs(tx, selection.coins)
  const change = selection.change > 0n ? [{ value: selection.change, script: changeScript }] : []
  const changeFirst = (tx.ins[0]?.hash[0] ?? 0) % 2 === 0
  for (const output of changeFirst ? [...change, ...outputs] : [...outputs, ...change]) {
    tx.addOutput(output.script, output.value)
  }
  return tx
}

export function addInputs(tx: Transaction, coins: readonly Coin[]): void {
  for (const coin of coins) tx.addInput(reversed(fromHex(coin.txid)), coin.index, 0xffff_ffff)
}

export const keysOf = (coins: readonly Coin[]): readonly string[] => coins.map((coin) => coinKey(coin.txid, coin.index))
