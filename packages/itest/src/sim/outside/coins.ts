import { Transaction as BitcoinTransaction } from 'bitcoinjs-lib'
import { concatBytes, decodeTx, encodeTx, fromHex, p2wpkhScript, parseOutPoint, satoshi } from '@tidepool/crypto'
import type { SatPerKWeight, Transaction, TxOutput } from '@tidepool/crypto'
import { LND_LOCK_ID, signWalletInputs } from '@tidepool/simnet'
import { TraderError } from '@tidepool/trader'
import type { ChosenCoins } from '@tidepool/trader'
import type { SimNode } from './node.ts'

const INPUT_WEIGHT = { p2wkh: 273, nested: 365, p2tr: 230 } as const
const BASE_WEIGHT = 4 * 8 + 2 + 4 * 2 + 2 * 4 * 43
const DUST = 330n

/** As lnd's FundPsbt: the largest confirmed coins that are free, and change. @throws TraderError WALLET_CANNOT_FUND */
export function chooseCoins({ wallet }: SimNode, output: TxOutput, feeRate: SatPerKWeight): ChosenCoins {
  const free = wallet.coins({ min: 1 }).toSorted((a, b) => (a.value === b.value ? 0 : a.value > b.value ? -1 : 1))
  let total = 0n
  let fee = (BigInt(BASE_WEIGHT) * feeRate) / 1000n
  const picked: (typeof free)[number][] = []
  for (const coin of free) {
    picked.push(coin)
    total += coin.value
    fee += (BigInt(INPUT_WEIGHT[coin.kind]) * feeRate) / 1000n
    if (total >= output.value + fee + DUST) break
  }
  const change = total - output.value - fee
  if (change < DUST) {
    throw new TraderError({ code: 'WALLET_CANNOT_FUND', reason: 'insufficient funds' }, 'lnd cannot fund the deposit')
  }
  const back = { value: satoshi(change), script: wallet.book.next('p2tr', true).script }
  const coins = picked.map(({ txid, index, value, script }) => ({
    outpoint: parseOutPoint(`${txid}:${index}`),
    output: { value: satoshi(value), script },
    sigScript: redeemOf(wallet.book.find(script)),
  }))
  const leases = picked.map(({ txid, index }) => {
    wallet.leases.hold(LND_LOCK_ID, `${txid}:${index}`)
    return { id: fromHex(LND_LOCK_ID), outpoint: parseOutPoint(`${txid}:${index}`) }
  })
  return { coins, outputs: [output, back], psbt: new Uint8Array(), leases }
}

type Key = ReturnType<SimNode['wallet']['book']['find']>

function redeemOf(key: Key): Uint8Array {
  if (key?.kind !== 'nested') return new Uint8Array()
  const redeem = p2wpkhScript(key.publicKey)
  return concatBytes(Uint8Array.of(redeem.length), redeem)
}

/** The transaction with the wallet's own inputs signed. */
export function signCoins({ wallet }: SimNode, transaction: Transaction, spent: readonly TxOutput[]): Transaction {
  const tx = BitcoinTransaction.fromBuffer(encodeTx(transaction, { witness: true }))
  signWalletInputs(wallet.book, tx, spent)
  return decodeTx(fromHex(tx.toHex()))
}
