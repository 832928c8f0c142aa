import { Transaction } from 'bitcoinjs-lib'
import type { Chain } from '../chain/chain.ts'
import type { OutPointKey } from '../chain/coin.ts'
import { dustLimit } from '../chain/policy.ts'
import { LndRefusal } from '../lndRefusal.ts'
import { feeOf } from './selectCoins.ts'
import { addInputs } from './sendOutputs.ts'
import { signWalletInputs } from './signInput.ts'
import type { Wallet } from './wallet.ts'

const CPFP = 'Successfully registered CPFP-tx with the sweeper'
const REPLACED = 'Successfully registered rbf-tx with sweeper'

/** Spends an unconfirmed output of the wallet to itself at a fee rate; asking again replaces that child. */
export function bumpFee(chain: Chain, wallet: Wallet, key: OutPointKey, feeRate: bigint, budget: bigint): string {
  const coin = chain.mempool.coin(key) ?? chain.ledger.anyCoin(key)
  if (coin === undefined || wallet.book.find(coin.script) === undefined) {
    throw new LndRefusal('the passed output does not belong to the wallet')
  }
  if (coin.height !== undefined) throw new LndRefusal('unable to bump fee of a confirmed transaction')
  const replaces = chain.mempool.spenderOf(key) !== undefined
  const tx = new Transaction()
  tx.version = 2
  addInputs(tx, [coin])
  for (const input of tx.ins) input.sequence = 0
  const target = wallet.book.next('p2tr', true).script
  tx.addOutput(target, coin.value)
  signWalletInputs(wallet.book, tx, [coin])
  const limit = budget === 0n ? coin.value / 2n : budget
  const wanted = feeOf(tx.weight(), feeRate)
  const fee = wanted < limit ? wanted : limit
  if (coin.value - fee < dustLimit(target)) throw new LndRefusal('the input value is too small to bump its fee')
  const output = tx.outs[0]
  if (output !== undefined) output.value = coin.value - fee
  signWalletInputs(wallet.book, tx, [coin])
  wallet.publish(tx.toBuffer(), 'sweep')
  return replaces ? REPLACED : CPFP
}
