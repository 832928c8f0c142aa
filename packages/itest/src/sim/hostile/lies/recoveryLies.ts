import type { AuctionAccountView, ServerMessage } from '@tidepool/auctioneer'
import {
  batchKey,
  blockHeight,
  decodeTx,
  encodeTx,
  incrementBatchKey,
  pointFromSecret,
  pubKey,
  satoshi,
  txidOf,
} from '@tidepool/crypto'
import type { Transaction } from '@tidepool/crypto'
import type { AccountVersion } from '@tidepool/market'
import type { AccountKind } from '@tidepool/trader'
import { auctionAccountToWire } from '@tidepool/rpc'
import type { Scene, Told } from '../lie.ts'

/** What a trader that lost its data is told of its account. */
export interface RecoveryLie {
  readonly name: string
  readonly code: string
  /** Words of the refusal, or the state in which the account waits for the chain or a better answer. */
  readonly refused: string | undefined
  readonly waits: AccountKind | 'not there' | undefined
  readonly tell: (told: Answer, scene: Scene) => readonly Told[] | undefined
}

type Answer = Extract<ServerMessage, { readonly kind: 'account' | 'success' | 'challenge' }>
type View = AuctionAccountView

const lie = (
  name: string,
  outcome: Pick<RecoveryLie, 'refused' | 'waits'> & { readonly code?: string },
  tell: RecoveryLie['tell'],
): RecoveryLie => ({ ...{ name, code: 'RECOVERY_REFUSED', tell }, ...outcome })

const account =
  (change: (view: View, scene: Scene) => readonly Told[]): RecoveryLie['tell'] =>
  (told, scene) =>
    told.kind === 'account' && told.account.version === 2 ? change(told.account, scene) : undefined

/** The answer with some fields changed is refused. */
const refused = (name: string, words: string, change: (view: View, scene: Scene) => Partial<View>): RecoveryLie =>
  lie(
    name,
    { refused: words, waits: undefined },
    account((view, scene) => [{ kind: 'account', account: { ...view, ...change(view, scene) } }]),
  )

/** The answer might be true: nothing is believed before the chain shows it, and the auctioneer is asked again. */
const doubted = (
  name: string,
  waits: RecoveryLie['waits'],
  change: (view: View, scene: Scene) => Partial<View>,
): RecoveryLie =>
  lie(
    name,
    { refused: undefined, waits },
    account((view, scene) => [{ kind: 'account', account: { ...view, ...change(view, scene) } }]),
  )

/** Bytes that no record of ours could become. */
const unreadable = (name: string, fields: Partial<ReturnType<typeof auctionAccountToWire>>): RecoveryLie =>
  lie(
    name,
    { refused: 'cannot be read', waits: undefined },
    account((view) => [{ wire: { msg: { case: 'account', value: { ...auctionAccountToWire(view), ...fields } } } }]),
  )

const CHALLENGE = { code: 'CHALLENGE_IS_ORDER', refused: 'would make an order' }
const NOT_THIS = 'the output it names is not this account'
const NOT_MADE = 'did not make the output'
const NO_TRANSACTION = 'holds no transaction'
const POINT = pubKey(pointFromSecret(new Uint8Array(32).fill(3)))

const version = (to: AccountVersion): RecoveryLie => refused(`its version as ${to}`, NOT_THIS, () => ({ version: to }))
const transactionOf = ({ latestTx }: View): Transaction => decodeTx(latestTx)
const serialised = (tx: Transaction): Uint8Array => encodeTx(tx, { witness: true })

/** A transaction that nobody published and that pays the account, a coin more than it has. */
function fabricated(view: View): Partial<View> {
  const real = transactionOf(view)
  const index = view.outpoint?.index ?? 0
  const value = satoshi(view.value + 100_000_000n)
  const tx = { ...real, outputs: real.outputs.map((output, i) => (i === index ? { ...output, value } : output)) }
  return { value, latestTx: serialised(tx), outpoint: { txid: txidOf(tx), index } }
}

const STATES = [
  ['open', 'pendingOpen'],
  ['pendingOpen', 'pendingOpen'],
  ['pendingUpdate', 'pendingUpdate'],
  ['pendingBatch', 'pendingBatch'],
  ['expired', 'expired'],
  ['expiredPendingUpdate', 'pendingUpdate'],
  ['closed', 'closed'],
] as const

export const RECOVERY_LIES: readonly RecoveryLie[] = [
  refused('a satoshi more', NOT_THIS, ({ value }) => ({ value: satoshi(value + 1n) })),
  refused('a satoshi less', NOT_THIS, ({ value }) => ({ value: satoshi(value - 1n) })),
  refused('another expiry', NOT_THIS, ({ expiry }) => ({ expiry: blockHeight(expiry + 1) })),
  refused('an expiry that is over', NOT_THIS, () => ({ expiry: blockHeight(1) })),
  version(0),
  version(1),
  refused('the next batch key', NOT_THIS, (view) => ({ batchKey: incrementBatchKey(view.batchKey) })),
  refused('a batch key of nobody', NOT_THIS, () => ({ batchKey: batchKey(POINT) })),
  refused('another auctioneer key', NOT_THIS, () => ({ auctioneerKey: POINT })),
  refused('the account key as the auctioneer key', NOT_THIS, ({ traderKey }) => ({ auctioneerKey: traderKey })),
  refused('another output of its transaction', NOT_THIS, ({ outpoint }) => ({
    outpoint: outpoint && { ...outpoint, index: outpoint.index === 0 ? 1 : 0 },
  })),
  refused('an output that its transaction does not have', NOT_THIS, ({ outpoint }) => ({
    outpoint: outpoint && { ...outpoint, index: 1000 },
  })),
  refused('an output of another transaction', NOT_MADE, (view) => ({
    outpoint: view.outpoint && { ...view.outpoint, txid: txidOf({ ...transactionOf(view), lockTime: 7 }) },
  })),
  refused("a stranger's transaction and its output", NOT_THIS, (view) => {
    const strangers = [{ value: view.value, script: new Uint8Array(34) }]
    const tx = { ...transactionOf(view), outputs: strangers }
    return { latestTx: serialised(tx), outpoint: { txid: txidOf(tx), index: 0 } }
  }),
  refused('the transaction with one more input', NOT_MADE, (view) => {
    const tx = transactionOf(view)
    return { latestTx: serialised({ ...tx, inputs: [...tx.inputs, ...tx.inputs] }) }
  }),
  refused('no transaction', NO_TRANSACTION, () => ({ latestTx: new Uint8Array() })),
  refused('noise for a transaction', NO_TRANSACTION, () => ({ latestTx: new Uint8Array(200).fill(7) })),
  refused('half a transaction', NO_TRANSACTION, ({ latestTx }) => ({ latestTx: latestTx.subarray(0, 60) })),
  refused('no output', 'names no output', () => ({ outpoint: undefined })),
  refused('an account of somebody else', 'another account', (_, { other }) => ({ traderKey: other.key })),
  unreadable('an account key that is no point', { traderKey: new Uint8Array(33) }),
  unreadable('an auctioneer key that is no point', { auctioneerKey: new Uint8Array(33) }),
  unreadable('no batch key', { batchKey: new Uint8Array() }),
  unreadable('more than all the money there is', { value: 21_000_001n * 100_000_000n }),
  unreadable('a version that nobody knows', { version: 9 }),
  unreadable('an outpoint of a short hash', { outpoint: { txid: new Uint8Array(31), outputIndex: 0 } }),
  ...STATES.filter(([state]) => state !== 'open' && state !== 'pendingOpen').map(([state, waits]) =>
    doubted(`open, said to be ${state}`, waits, () => ({ state })),
  ),
  ...STATES.map(([state, waits]) =>
    doubted(`${state}, by a transaction that nobody published`, waits, (view) => ({ ...fabricated(view), state })),
  ),
  doubted('a pending account with another expiry', 'canceledAfterRecovery', ({ expiry }) => ({
    ...{ state: 'pendingOpen', expiry: blockHeight(expiry + 1) },
  })),
  doubted('a scan that begins in a hundred years', 'pendingOpen', () => ({ heightHint: blockHeight(6_000_000) })),
  lie('that it does not know the account', { refused: undefined, waits: 'not there' }, (told) =>
    told.kind === 'success' ? [{ kind: 'accountUnknown', traderKey: told.traderKey }] : undefined,
  ),
  lie('an error of no code', { refused: 'unknown: no', waits: undefined }, (told) =>
    told.kind === 'success'
      ? [{ wire: { msg: { case: 'error', value: { errorCode: 'UNKNOWN', error: 'no' } } } }]
      : undefined,
  ),
  lie('a challenge that makes an ask of our answer', { ...CHALLENGE, waits: undefined }, (told) => {
    if (told.kind !== 'challenge') return undefined
    const challenge = new Uint8Array(32).fill(1)
    challenge.set([0, 0, 0, 1])
    return [{ ...told, challenge }]
  }),
  lie('a success for another account', { refused: 'answered the handshake', waits: undefined }, (told, { other }) =>
    told.kind === 'success' ? [{ kind: 'success', traderKey: other.key }] : undefined,
  ),
]
