import {
  SighashCache,
  accountOutput,
  combinePartials,
  derEncode,
  generateNonce,
  keyPathWitness,
  multiSigWitness,
  outPoint,
  satPerKWeight,
  satoshi,
  sha256,
  signEcdsa,
  signPartial,
  startSession,
  toHex,
  tweakSecret,
  txid,
  verifyDer,
  verifySchnorr,
  withoutSighashAll,
  formatOutPoint,
  idToBytes,
} from '@tidepool/crypto'
import type { Transaction, TxOutput } from '@tidepool/crypto'
import {
  buildChange,
  changedTerms,
  checkChange,
  modifyRequest,
  planClose,
  planRenewal,
  planWithdrawal,
  sortedPrevOutputs,
} from '@tidepool/market'
import type { Account, ChangeInput, ChangeLimits, CheckedChange, ModifyRequest } from '@tidepool/market'
import type { ScriptedTrader } from './scriptedTrader.ts'
import type { World } from './world.ts'

/** What a trader wants of its account. */
export type Wish =
  | { readonly kind: 'deposit'; readonly amount: bigint; readonly version?: number; readonly expiry?: number }
  | {
      readonly kind: 'withdraw'
      readonly outputs: readonly TxOutput[]
      readonly version?: number
      readonly fee?: bigint
    }
  | { readonly kind: 'renew'; readonly expiry: number; readonly version?: number; readonly fee?: bigint }
  | { readonly kind: 'close'; readonly fee?: bigint }

export const wallet = (n: number): Uint8Array => Uint8Array.of(0x00, 20, ...sha256(Uint8Array.of(n)).subarray(0, 20))
export const pay = (value: bigint | number, script = wallet(1)): TxOutput => ({ value: satoshi(value), script })

let attempts = 0

interface Coin extends ChangeInput {
  readonly spent: TxOutput
}

/** The change as the trader builds and checks it. */
export function planned(account: Account, wish: Wish, limits: ChangeLimits): CheckedChange {
  const feeRate = satPerKWeight('fee' in wish && wish.fee !== undefined ? wish.fee : 1_000n)
  const options = 'version' in wish ? { version: wish.version } : {}
  if (wish.kind === 'deposit') {
    attempts += 1
    const coin = { outpoint: outPoint(txid(toHex(sha256(Uint8Array.of(attempts)))), 3), sigScript: new Uint8Array() }
    const spent = pay(wish.amount + 50_000n, wallet(9))
    const params = {
      value: account.value + wish.amount,
      expiry: wish.expiry ?? account.expiry,
      version: wish.version ?? account.version,
    }
    return checked(account, changedTerms(account, params), [pay(49_000, wallet(8))], [{ ...coin, spent }])
  }
  const plan =
    wish.kind === 'withdraw'
      ? planWithdrawal(account, { outputs: wish.outputs, feeRate, ...options }, limits)
      : wish.kind === 'renew'
        ? planRenewal(account, { expiry: wish.expiry, feeRate, ...options }, limits)
        : planClose(account, { kind: 'one', script: wallet(2), feeRate }, 'cooperative')
  return checked(account, plan.terms, plan.outputs, [])
}

function checked(
  account: Account,
  terms: CheckedChange['next'] | ReturnType<typeof changedTerms> | undefined,
  outputs: readonly TxOutput[],
  coins: readonly Coin[],
): CheckedChange {
  const parts = { account, terms, outputs, inputs: coins.map(({ outpoint, sigScript }) => ({ outpoint, sigScript })) }
  const known = new Map(coins.map((coin) => [formatOutPoint(coin.outpoint), coin.spent]))
  return checkChange(parts, sortedPrevOutputs(buildChange(parts).transaction, account, known), 'cooperative')
}

export interface PreparedChange {
  readonly change: CheckedChange
  readonly request: ModifyRequest
  /** Asks the auctioneer and completes the account's witness. */
  sign(peer?: string): Promise<Transaction>
}

export function prepare(world: World, trader: ScriptedTrader, wish: Wish): PreparedChange {
  const { account } = trader
  if (account === undefined) throw new Error('the trader has no account')
  const limits = { maxValue: 1_000_000_000n, bestHeight: world.chain.bestHeight() }
  const change = planned(account, wish, limits)
  attempts += 1
  const random = sha256(Buffer.from(`nonce ${attempts}`))
  const pair = generateNonce(random, { publicKey: account.key })
  const request = modifyRequest(account, change, account.version === 0 ? new Uint8Array() : pair.publicNonce)
  const sign = async (peer = ''): Promise<Transaction> => {
    const { signature, serverNonces } = await world.auctioneer.changes.modify(request, peer)
    const output = accountOutput({ ...account, traderKey: account.key })
    const { transaction, accountInput, prevOutputs } = change
    const cache = new SighashCache(transaction, prevOutputs)
    if (output.kind === 'p2wsh') {
      const digest = cache.segwitV0(accountInput, output.witnessScript)
      const auctioneer = withoutSighashAll(signature)
      if (!verifyDer(digest, idToBytes(output.tweakedAuctioneerKey), auctioneer)) throw new Error('bad signature')
      const own = derEncode(signEcdsa(digest, tweakSecret(trader.secret, output.traderTweak)))
      return withWitness(change, multiSigWitness(output, { auctioneer, trader: own }))
    }
    const digest = cache.taprootKeyPath(accountInput)
    const publicNonces = [serverNonces, pair.publicNonce]
    const session = startSession({ key: output.aggregateKey, message: digest, publicNonces })
    const final = combinePartials(session, [signature, signPartial(session, pair.secretNonce, trader.secret)])
    if (!verifySchnorr(digest, output.outputKey, final)) throw new Error('bad signature')
    return withWitness(change, keyPathWitness(final))
  }
  return { change, request, sign }
}

/** The account's witness, and a stand-in for the wallet's own inputs. */
function withWitness({ transaction, accountInput }: CheckedChange, witness: readonly Uint8Array[]): Transaction {
  const inputs = transaction.inputs.map((input, index) => ({
    ...input,
    witness: index === accountInput ? witness : [new Uint8Array(71), new Uint8Array(33)],
  }))
  return { ...transaction, inputs }
}

/** Signs, publishes, and lets the trader know its next account. */
export async function change(world: World, trader: ScriptedTrader, wish: Wish): Promise<CheckedChange> {
  const prepared = prepare(world, trader, wish)
  world.chain.broadcast(await prepared.sign())
  trader.account = prepared.change.next
  return prepared.change
}
