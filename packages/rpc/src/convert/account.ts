import {
  accountKey,
  accountVersion,
  batchKey,
  blockHeight,
  pubKey,
  satoshi,
  type AccountKey,
  type AccountVersion,
  type BatchKey,
  type BlockHeight,
  type OutPoint,
  type PubKey,
  type Satoshi,
  type TxOutput,
} from '@tidepool/crypto'
import type { poolrpc } from '../gen/packages.ts'
import { inField, named, required } from './errors.ts'
import { keyToWire, outPointFromWire, outPointToWire, txOutputFromWire, txOutputToWire } from './primitives.ts'

/** States an auctioneer tells of an account. */
export type AuctionAccountState =
  | 'pendingOpen'
  | 'open'
  | 'expired'
  | 'pendingUpdate'
  | 'closed'
  | 'pendingBatch'
  | 'expiredPendingUpdate'

const STATE_FROM_WIRE = {
  STATE_PENDING_OPEN: 'pendingOpen',
  STATE_OPEN: 'open',
  STATE_EXPIRED: 'expired',
  STATE_PENDING_UPDATE: 'pendingUpdate',
  STATE_CLOSED: 'closed',
  STATE_PENDING_BATCH: 'pendingBatch',
  STATE_EXPIRED_PENDING_UPDATE: 'expiredPendingUpdate',
} as const satisfies Record<poolrpc.AuctionAccountState, AuctionAccountState>

const STATE_TO_WIRE = {
  pendingOpen: 'STATE_PENDING_OPEN',
  open: 'STATE_OPEN',
  expired: 'STATE_EXPIRED',
  pendingUpdate: 'STATE_PENDING_UPDATE',
  closed: 'STATE_CLOSED',
  pendingBatch: 'STATE_PENDING_BATCH',
  expiredPendingUpdate: 'STATE_EXPIRED_PENDING_UPDATE',
} as const satisfies Record<AuctionAccountState, poolrpc.AuctionAccountState>

/** An account as an auctioneer tells it to a recovering trader. */
export interface AuctionAccountView {
  readonly value: Satoshi
  readonly expiry: BlockHeight
  readonly traderKey: AccountKey
  readonly auctioneerKey: PubKey
  /** Tweaks the current output. */
  readonly batchKey: BatchKey
  readonly state: AuctionAccountState
  readonly heightHint: BlockHeight
  readonly version: AccountVersion
  /** undefined for a reservation. */
  readonly outpoint: OutPoint | undefined
  /** Serialised; empty for a reservation. */
  readonly latestTx: Uint8Array
}

/** @throws ConvertError BAD_FIELD */
export const auctionAccountFromWire = (account: poolrpc.AuctionAccount): AuctionAccountView => ({
  value: inField('value', () => satoshi(account.value)),
  expiry: blockHeight(account.expiry),
  traderKey: inField('trader_key', () => accountKey(account.traderKey)),
  auctioneerKey: inField('auctioneer_key', () => pubKey(account.auctioneerKey, 'auctioneer key')),
  batchKey: inField('batch_key', () => batchKey(account.batchKey)),
  state: named('state', STATE_FROM_WIRE, account.state),
  heightHint: blockHeight(account.heightHint),
  version: inField('version', () => accountVersion(account.version)),
  outpoint: account.outpoint === undefined ? undefined : outPointFromWire(account.outpoint),
  latestTx: account.latestTx,
})

export const auctionAccountToWire = (account: AuctionAccountView): poolrpc.AuctionAccountInit => ({
  value: account.value,
  expiry: account.expiry,
  traderKey: keyToWire(account.traderKey),
  auctioneerKey: keyToWire(account.auctioneerKey),
  batchKey: keyToWire(account.batchKey),
  state: STATE_TO_WIRE[account.state],
  heightHint: account.heightHint,
  version: account.version,
  outpoint: account.outpoint === undefined ? undefined : outPointToWire(account.outpoint),
  latestTx: account.latestTx,
})

/** What a trader asks to reserve; limits are not checked yet. */
export interface AccountReservationRequest {
  readonly traderKey: AccountKey
  readonly value: bigint
  readonly expiry: number
  readonly version: number
}

/** @throws ConvertError BAD_FIELD */
export const reservationFromWire = (request: poolrpc.ReserveAccountRequest): AccountReservationRequest => ({
  traderKey: inField('trader_key', () => accountKey(request.traderKey)),
  value: request.accountValue,
  expiry: request.accountExpiry,
  version: request.version,
})

export const reservationToWire = (request: AccountReservationRequest): poolrpc.ReserveAccountRequestInit => ({
  traderKey: keyToWire(request.traderKey),
  accountValue: request.value,
  accountExpiry: request.expiry,
  version: request.version,
})

/** Keys the account's first output is made of. */
export interface ReservationKeys {
  readonly auctioneerKey: PubKey
  readonly batchKey: BatchKey
}

/** @throws ConvertError BAD_FIELD */
export const reservationKeysFromWire = (response: poolrpc.ReserveAccountResponse): ReservationKeys => ({
  auctioneerKey: inField('auctioneer_key', () => pubKey(response.auctioneerKey, 'auctioneer key')),
  batchKey: inField('initial_batch_key', () => batchKey(response.initialBatchKey)),
})

export const reservationKeysToWire = (keys: ReservationKeys): poolrpc.ReserveAccountResponseInit => ({
  auctioneerKey: keyToWire(keys.auctioneerKey),
  initialBatchKey: keyToWire(keys.batchKey),
})

/** A funded account, announced. */
export interface AccountFundingRequest extends AccountReservationRequest {
  readonly outpoint: OutPoint
  /** scriptPubKey */
  readonly script: Uint8Array
  readonly userAgent: string
}

/** @throws ConvertError BAD_FIELD */
export const accountFundingFromWire = (request: poolrpc.ServerInitAccountRequest): AccountFundingRequest => ({
  ...reservationFromWire(request),
  outpoint: outPointFromWire(request.accountPoint, 'account_point'),
  script: request.accountScript,
  userAgent: request.userAgent,
})

export const accountFundingToWire = (request: AccountFundingRequest): poolrpc.ServerInitAccountRequestInit => ({
  ...reservationToWire(request),
  accountPoint: outPointToWire(request.outpoint),
  accountScript: request.script,
  userAgent: request.userAgent,
})

/** An input of a change of account besides the account's own. */
export interface ExtraInput {
  readonly outpoint: OutPoint
  /** Empty but for nested segwit. */
  readonly sigScript: Uint8Array
}

/** A change of account to be signed by both. */
export interface AccountModificationRequest {
  readonly traderKey: AccountKey
  readonly inputs: readonly ExtraInput[]
  readonly outputs: readonly TxOutput[]
  /** undefined closes the account; zeros keep what is. */
  readonly params: { readonly value: bigint; readonly expiry: number; readonly version: number } | undefined
  /** 66 bytes for taproot accounts, else empty. */
  readonly traderNonces: Uint8Array
  readonly prevOutputs: readonly TxOutput[]
}

/** @throws ConvertError BAD_FIELD */
export const modificationFromWire = (request: poolrpc.ServerModifyAccountRequest): AccountModificationRequest => ({
  traderKey: inField('trader_key', () => accountKey(request.traderKey)),
  inputs: request.newInputs.map((input, index) =>
    inField(`new_inputs[${index}]`, () => ({
      outpoint: outPointFromWire(required('outpoint', input.outpoint)),
      sigScript: input.sigScript,
    })),
  ),
  outputs: request.newOutputs.map((output, index) =>
    inField(`new_outputs[${index}].value`, () => ({ value: satoshi(output.value), script: output.script })),
  ),
  params: request.newParams,
  traderNonces: request.traderNonces,
  prevOutputs: request.prevOutputs.map((output, index) =>
    inField(`prev_outputs[${index}]`, () => txOutputFromWire(output)),
  ),
})

export const modificationToWire = (request: AccountModificationRequest): poolrpc.ServerModifyAccountRequestInit => ({
  traderKey: keyToWire(request.traderKey),
  newInputs: request.inputs.map(({ outpoint, sigScript }) => ({ outpoint: outPointToWire(outpoint), sigScript })),
  newOutputs: request.outputs.map((output) => ({ ...output })),
  newParams: request.params,
  traderNonces: request.traderNonces,
  prevOutputs: request.prevOutputs.map(txOutputToWire),
})
