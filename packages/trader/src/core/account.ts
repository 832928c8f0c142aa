import { accountOutput, addSat, blockHeight } from '@tidepool/crypto'
import type {
  AccountKey,
  BatchKey,
  BlockHeight,
  OutPoint,
  PubKey,
  Satoshi,
  Transaction,
  TxOutput,
} from '@tidepool/crypto'
import type { AccountVersion } from '@tidepool/market'

/** lnd key family of account keys. Pool poolscript/script.go */
export const ACCOUNT_KEY_FAMILY = 220

/** What an account is made of in every state. */
export interface AccountTerms {
  readonly key: AccountKey
  /** Index of `key` in lnd's family 220. */
  readonly keyIndex: number
  readonly value: Satoshi
  readonly expiry: BlockHeight
  readonly version: AccountVersion
  readonly auctioneerKey: PubKey
  readonly batchKey: BatchKey
  /** Shared with the auctioneer, never sent; see crypto `accountSecret`. */
  readonly secret: Uint8Array
  /** Lower bound for chain scans of the current output. */
  readonly heightHint: BlockHeight
}

/** One output of an account, as far as outputs differ. */
export interface OutputTerms {
  readonly outpoint: OutPoint
  readonly value: Satoshi
  readonly batchKey: BatchKey
  readonly expiry: BlockHeight
  readonly version: AccountVersion
}

/** A coin of the wallet that a change of an account spends besides the account. */
export interface SpentCoin {
  readonly outpoint: OutPoint
  readonly output: TxOutput
}

/** A coin that lnd keeps for us until we spend or release it, and under which id. */
export interface CoinLease {
  readonly id: Uint8Array
  readonly outpoint: OutPoint
}

/** A change by the owner, or a close: what it spends besides the account, and what the account is without it. */
export interface PendingChange {
  /** What the account is again should the change never confirm. */
  readonly from: OutputTerms
  /** Of a deposit: whoever spends one of them makes the change impossible. */
  readonly coins: readonly SpentCoin[]
  /** What made `from`, if it is known: a reorganisation may undo both. */
  readonly parent?: Transaction
  /** Of the transaction in the wallet, for publishing it again. */
  readonly label: string
}

/** A change that was signed by both, then given up; it counts if it confirms after all. */
export interface GivenUpChange {
  readonly tx: Transaction
  readonly next: OutputTerms
}

/** An account whose output exists, at least as a broadcast transaction. */
export interface FundedTerms extends AccountTerms {
  readonly outpoint: OutPoint
  /** Newest transaction that made or spent the output; may lack witnesses. */
  readonly latestTx: Transaction
  /** The owner's own change, or close, that made the output or is to end it; unknown after a recovery. */
  readonly change?: PendingChange
  /** Changes that came to nothing, of what `change` spends, or of the current output when there is none. */
  readonly givenUp?: readonly GivenUpChange[]
  /** An auctioneer told of it in a recovery, and the chain has not shown it since. */
  readonly unseen?: true
}

/**
 * initiated: reserved with the auctioneer, not funded yet. pendingOpen: funding transaction made. pendingUpdate:
 * changed by its owner, unconfirmed. pendingBatch: changed by a batch, unconfirmed. open: confirmed. expired: past its
 * height, the owner may spend alone. expiredPendingUpdate: expired before a change confirmed. pendingClosed: its output
 * is spent for good, unconfirmed. closed: that spend is confirmed. canceledAfterRecovery: recovered, but not funded as
 * far as chain and wallet know.
 */
export type FundedKind =
  | 'pendingOpen'
  | 'pendingUpdate'
  | 'pendingBatch'
  | 'open'
  | 'expired'
  | 'expiredPendingUpdate'
  | 'pendingClosed'
  | 'closed'
export type UnfundedKind = 'initiated' | 'canceledAfterRecovery'
export type AccountKind = FundedKind | UnfundedKind

export type FundedAccount = FundedTerms & { readonly kind: FundedKind }
export type UnfundedAccount = AccountTerms & {
  readonly kind: UnfundedKind
  /** Where the auctioneer was told its output would be, when neither chain nor wallet knew of it in a recovery. */
  readonly announcedAt?: OutPoint
}

/** A trader's own account, as stored. */
export type TraderAccount = FundedAccount | UnfundedAccount

export const isFunded = (account: TraderAccount): account is FundedAccount =>
  account.kind !== 'initiated' && account.kind !== 'canceledAfterRecovery'

/** Everything but closed and canceled; such accounts count and are listed by default. */
export const isActive = (account: TraderAccount): boolean =>
  account.kind !== 'closed' && account.kind !== 'canceledAfterRecovery'

/** States in which orders may be submitted. Pool order/manager.go */
export const acceptsOrders = (account: TraderAccount): boolean =>
  account.kind === 'open' || account.kind === 'pendingUpdate' || account.kind === 'pendingBatch'

/** States in which a batch may spend the account: confirmed, or chained on an unconfirmed batch (V-19). */
export const joinsBatches = (account: TraderAccount): account is FundedAccount =>
  account.kind === 'open' || account.kind === 'pendingBatch'

/** States in which the account is subscribed with the auctioneer. Pool account/manager.go */
export const isSubscribed = joinsBatches

/** States in which the account's own output is confirmed, so that its owner may change it. */
export const isSettled = (account: TraderAccount): account is FundedAccount =>
  account.kind === 'open' || account.kind === 'expired'

/** States in which a transaction of ours waits for its first confirmations. */
export const awaitsChain = (account: TraderAccount): account is FundedAccount =>
  isFunded(account) && WAITING.has(account.kind)

const WAITING: ReadonlySet<FundedKind> = new Set([
  'pendingOpen',
  'pendingUpdate',
  'expiredPendingUpdate',
  'pendingClosed',
])

/**
 * The account as its owner may close it alone, should it come to that: a change that does not confirm is overtaken by
 * spending what it spends, once that has expired; so is a close whose fee is too low.
 */
export function overtaking(account: FundedAccount, best: BlockHeight): FundedAccount {
  const { change } = account
  if (change === undefined || !awaitsChain(account)) return account
  return best >= change.from.expiry || account.kind === 'pendingClosed' ? { ...account, ...change.from } : account
}

/** Blocks; lnd watches no longer for what it told to be undone. */
export const DEEPEST_REORG = 144

/** From where the chain is asked about an account: what waits may be in an earlier block once a reorganisation is over. */
export const scanFrom = (account: TraderAccount): BlockHeight =>
  isSettled(account) ? account.heightHint : blockHeight(Math.max(account.heightHint - DEEPEST_REORG, 1))

/** The parts of an account that a change replaces. */
export const outputTerms = ({ outpoint, value, batchKey, expiry, version }: FundedTerms): OutputTerms => ({
  ...{ outpoint, value, batchKey, expiry, version },
})

/** The account's current output. */
export function currentOutput(account: AccountTerms): TxOutput {
  return { value: account.value, script: currentScript(account) }
}

/** scriptPubKey of the account's current output. */
export function currentScript(account: AccountTerms): Uint8Array {
  return accountOutput({
    version: account.version,
    traderKey: account.key,
    auctioneerKey: account.auctioneerKey,
    batchKey: account.batchKey,
    secret: account.secret,
    expiry: account.expiry,
  }).script
}

export const sumValues = (accounts: readonly AccountTerms[]): Satoshi =>
  addSat(...accounts.map((account) => account.value))
