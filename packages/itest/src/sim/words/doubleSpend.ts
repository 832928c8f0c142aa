import { accountOutput, encodeTx, formatOutPoint, multiSigWitness, p2wpkhScript, satoshi } from '@tidepool/crypto'
import type { Transaction } from '@tidepool/crypto'
import { ACCOUNT_KEY_LOCATOR } from '@tidepool/auctioneer'
import { ACCOUNT_KEY_FAMILY, isFunded } from '@tidepool/trader'
import { Transaction as BitcoinTransaction } from 'bitcoinjs-lib'
import { signEcdsaInput } from '../outside/signing.ts'
import type { World } from '../world.ts'

const FEE_SAT = 20_000n
const OUTSIDE = p2wpkhScript(Uint8Array.of(2, ...new Uint8Array(32).fill(9)))

/**
 * Another spend of a trader's account of version 0 as it is now, signed by both: such as an old change that was signed
 * and kept back. Once it is in a block, whatever else spends the account can never confirm.
 */
export function otherSpend(world: World, name: string): Transaction {
  const owner = world.trader(name)
  const account = owner.trader.ledger.accounts.get(owner.key)
  if (account === undefined || !isFunded(account)) throw new Error(`${name} has no account`)
  const { key: traderKey, auctioneerKey, version, batchKey, secret, expiry, outpoint, value } = account
  const output = accountOutput({ version, traderKey, auctioneerKey, batchKey, secret, expiry })
  if (output.kind !== 'p2wsh') throw new Error('only accounts of version 0')
  const transaction: Transaction = {
    version: 2,
    inputs: [{ prevout: outpoint, scriptSig: new Uint8Array(), sequence: 0, witness: [] }],
    outputs: [{ value: satoshi(value - FEE_SAT), script: OUTSIDE }],
    lockTime: 0,
  }
  const spend = {
    transaction,
    inputIndex: 0,
    output: { value, script: output.script },
    witnessScript: output.witnessScript,
  }
  const trader = signEcdsaInput(owner.node.node, {
    ...spend,
    locator: { family: ACCOUNT_KEY_FAMILY, index: account.keyIndex },
    tweak: output.traderTweak,
  })
  const auctioneer = signEcdsaInput(world.auctioneer.node, {
    ...spend,
    locator: ACCOUNT_KEY_LOCATOR,
    tweak: output.auctioneerTweak,
  })
  const [input] = transaction.inputs
  if (input === undefined) throw new Error('it has one input')
  return { ...transaction, inputs: [{ ...input, witness: multiSigWitness(output, { auctioneer, trader }) }] }
}

/** The chain takes it and nothing that it rules out: what spends the same is undone, in blocks and mempool. */
export function confirmInstead(world: World, transaction: Transaction): void {
  const { chain } = world.stage
  const [input] = transaction.inputs
  if (input === undefined) throw new Error('it has one input')
  const spent = formatOutPoint(input.prevout)
  const mined = chain.ledger.spendOf(spent)
  if (mined !== undefined) chain.reorg(chain.height - mined.height + 1, { empty: true })
  const rival = chain.mempool.spenderOf(spent)
  if (rival !== undefined) chain.mempool.removeWithDescendants(rival)
  chain.publish(BitcoinTransaction.fromBuffer(encodeTx(transaction, { witness: true })))
}
