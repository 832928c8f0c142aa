import { accountVersion, blockHeight, equalBytes, satoshi } from '@tidepool/crypto'
import type { AccountKey, BatchKey, BlockHeight, OutPoint, PubKey } from '@tidepool/crypto'
import { checkNewAccount } from '@tidepool/market'
import { noteStep } from '../core/accountHistory.ts'
import { skewed } from '../core/accountChange.ts'
import { reservedScript, sameFunding, sameReservation } from '../core/account.ts'
import type { AccountRecord, Reservation } from '../core/account.ts'
import { AuctioneerError } from '../core/errors.ts'
import type { ChainWatcher } from '../ports/chain.ts'
import type { Logger } from '../ports/system.ts'
import type { LocatedKey, Wallet } from '../ports/wallet.ts'
import type { AccountLifecycle } from './accountLifecycle.ts'
import type { Ledger } from './ledger.ts'
import type { AuctioneerOptions } from './options.ts'

/** Reservations that may wait for funding; each ends with its own expiry. */
const MAX_RESERVATIONS = 10_000
const MAX_USER_AGENT = 255

export interface ReserveRequest {
  readonly traderKey: AccountKey
  readonly value: bigint
  readonly expiry: number
  readonly version: number
}

export interface InitRequest extends ReserveRequest {
  readonly outpoint: OutPoint
  readonly script: Uint8Array
  readonly userAgent: string
}

interface Modules {
  readonly ledger: Ledger
  readonly wallet: Wallet
  readonly chain: ChainWatcher
  readonly lifecycle: AccountLifecycle
  readonly key: LocatedKey
  readonly logger: Logger
}

/** Opening of accounts: reservation, then the funded output. */
export class AccountService {
  readonly #options: AuctioneerOptions
  readonly #modules: Modules

  constructor(options: AuctioneerOptions, modules: Modules) {
    this.#options = options
    this.#modules = modules
  }

  /** Same key and same parameters give the same answer. @throws AccountError, AuctioneerError */
  async reserve(request: ReserveRequest): Promise<{ readonly auctioneerKey: PubKey; readonly batchKey: BatchKey }> {
    const { ledger, wallet, chain, key, logger } = this.#modules
    const height = chain.bestHeight()
    checkNewAccount(request, this.#options.maxAccountValue, skewed(height, request.expiry))
    const secret = await wallet.sharedSecret(key.locator, request.traderKey)
    return ledger.exclusively(async () => {
      const wanted = {
        value: satoshi(request.value),
        expiry: blockHeight(request.expiry),
        version: accountVersion(request.version),
      }
      const { traderKey } = request
      if (ledger.accounts.has(traderKey)) {
        throw new AuctioneerError({ code: 'ACCOUNT_EXISTS', accountKey: traderKey }, 'this key has an account already')
      }
      const known = ledger.reservations.get(traderKey)
      if (known !== undefined) return answer(known, wanted)
      this.#checkRoom()
      const batchKey = ledger.auction.batchKey
      const reservation = { traderKey, ...wanted, auctioneerKey: key.key, batchKey, secret, heightHint: height }
      await ledger.commit([{ kind: 'reservation', reservation }])
      logger.info('account reserved', { accountKey: traderKey, value: wanted.value, expiry: wanted.expiry })
      return { auctioneerKey: key.key, batchKey }
    })
  }

  /**
   * Takes over a funded account. Repeating it succeeds in any state, without any of the opening limits: the money has
   * moved by then. @throws AuctioneerError
   */
  async init(request: InitRequest): Promise<void> {
    const { ledger, chain, lifecycle, logger } = this.#modules
    const fresh = await ledger.exclusively(async () => {
      const existing = ledger.accounts.get(request.traderKey)
      if (existing !== undefined) return checkRepeated(existing, request)
      const { record, step } = noteStep(this.#newAccount(request), 'announced', chain.bestHeight())
      await ledger.commit([
        { kind: 'dropReservation', traderKey: request.traderKey },
        { kind: 'account', record },
        { kind: 'accountStep', step },
      ])
      return true
    })
    if (!fresh) return
    logger.info('account pending open', { accountKey: request.traderKey, txid: request.outpoint.txid })
    lifecycle.follow(request.traderKey)
  }

  /** Reservations end with the account they are for. */
  async dropExpiredReservations(height: BlockHeight): Promise<void> {
    const { ledger } = this.#modules
    await ledger.exclusively(async () => {
      const stale = [...ledger.reservations.values()].filter((reservation) => reservation.expiry <= height)
      if (stale.length === 0) return
      await ledger.commit(stale.map(({ traderKey }) => ({ kind: 'dropReservation', traderKey })))
    })
  }

  #checkRoom(): void {
    if (this.#modules.ledger.reservations.size < MAX_RESERVATIONS) return
    throw new AuctioneerError(
      { code: 'RESERVATIONS_FULL', limit: MAX_RESERVATIONS },
      'too many reserved accounts wait for funding: try again later',
    )
  }

  #newAccount(request: InitRequest): AccountRecord {
    const { ledger } = this.#modules
    const { traderKey, outpoint } = request
    const reservation = ledger.reservations.get(traderKey)
    if (reservation === undefined) {
      throw new AuctioneerError(
        { code: 'RESERVATION_NOT_FOUND', accountKey: traderKey },
        'no reservation for this key: call ReserveAccount first',
      )
    }
    const what = differenceTo(reservation, request)
    if (what !== undefined) throw mismatch(traderKey, what)
    const taken = [...ledger.accounts.values()].some(
      ({ account }) => account.outpoint.txid === outpoint.txid && account.outpoint.index === outpoint.index,
    )
    if (taken) {
      throw new AuctioneerError(
        { code: 'ACCOUNT_OUTPOINT_USED', accountKey: traderKey },
        'this output belongs to another account',
      )
    }
    const { value, expiry, version, auctioneerKey, batchKey, secret, heightHint } = reservation
    return {
      account: { key: traderKey, value, expiry, version, auctioneerKey, batchKey, secret, outpoint },
      state: { kind: 'pendingOpen' },
      heightHint,
      latestTx: undefined,
      userAgent: request.userAgent.slice(0, MAX_USER_AGENT),
      changes: [],
      previous: undefined,
      steps: 0,
    }
  }
}

function answer(
  known: Reservation,
  wanted: Parameters<typeof sameReservation>[1],
): { readonly auctioneerKey: PubKey; readonly batchKey: BatchKey } {
  if (!sameReservation(known, wanted)) {
    throw new AuctioneerError(
      { code: 'RESERVATION_DIFFERS', accountKey: known.traderKey },
      'this key is reserved with other parameters: repeat them or use a fresh key',
    )
  }
  return { auctioneerKey: known.auctioneerKey, batchKey: known.batchKey }
}

function checkRepeated(existing: AccountRecord, request: InitRequest): false {
  const told = { ...request.outpoint, script: request.script, version: accountVersion(request.version) }
  if (!sameFunding(existing, told)) throw mismatch(request.traderKey, 'outpoint, script or version')
  return false
}

function differenceTo(reservation: Reservation, request: InitRequest): string | undefined {
  if (reservation.value !== request.value) return 'value'
  if (reservation.expiry !== request.expiry) return 'expiry'
  if (reservation.version !== request.version) return 'version'
  return equalBytes(reservedScript(reservation), request.script) ? undefined : 'script'
}

function mismatch(accountKey: AccountKey, what: string): AuctioneerError {
  return new AuctioneerError(
    { code: 'ACCOUNT_FUNDING_MISMATCH', accountKey, what },
    `the account's ${what} is not what was reserved`,
  )
}
