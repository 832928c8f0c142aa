import { accountKey, batchKeyDistance, blockHeight, satPerKWeight } from '@tidepool/crypto'
import type { AccountKey, BatchKey, BlockHeight, PubKey, SatPerKWeight, Satoshi, Transaction } from '@tidepool/crypto'
import { FEE_RATE_FLOOR, checkNewAccount } from '@tidepool/market'
import type { AccountVersion } from '@tidepool/market'
import { ACCOUNT_KEY_FAMILY, currentOutput } from '../core/account.ts'
import type { AccountTerms, TraderAccount } from '../core/account.ts'
import { initiated } from '../core/accountLifecycle.ts'
import type { AccountEvent } from '../core/accountLifecycle.ts'
import { StartupError, TraderError, reasonOf } from '../core/errors.ts'
import type { Auctioneer } from '../ports/auctioneer.ts'
import type { Logger } from '../ports/logger.ts'
import type { Wallet } from '../ports/wallet.ts'
import { fundingOutpoint } from './accountScan.ts'
import { accountLabel } from './txLabel.ts'
import type { Ledger } from './ledger.ts'

export interface OpenAccountRequest {
  readonly value: Satoshi
  readonly expiry: BlockHeight
  readonly version: AccountVersion
  readonly feeRate: SatPerKWeight
}

export interface OpeningModules {
  readonly auctioneer: Auctioneer
  readonly wallet: Wallet
  readonly ledger: Ledger
  readonly logger: Logger
}

/**
 * Checks, reserves and stores a new account, not funded yet. Nothing is at stake before it returns; the key's index is
 * used up even when the auctioneer refuses. Pool account/manager.go
 */
export async function reserveAccount(
  request: OpenAccountRequest,
  bestHeight: BlockHeight,
  modules: OpeningModules,
): Promise<TraderAccount> {
  checkFeeRate(request.feeRate)
  const terms = await modules.auctioneer.terms()
  checkNewAccount(request, terms.maxAccountValue, bestHeight)
  const own = await modules.wallet.nextKey(ACCOUNT_KEY_FAMILY)
  const key = accountKey(own.key)
  const { value, expiry, version } = request
  const reservation = await refusedAs(() => modules.auctioneer.reserveAccount({ key, value, expiry, version }))
  checkReservation(key, reservation)
  const secret = await modules.wallet.sharedSecret(own, reservation.auctioneerKey)
  const account = initiated({
    ...{ key, keyIndex: own.index, value, expiry, version, secret },
    ...{
      auctioneerKey: reservation.auctioneerKey,
      batchKey: reservation.batchKey,
      heightHint: blockHeight(bestHeight),
    },
  })
  await modules.ledger.commit({ kind: 'account', account })
  return account
}

/** More batches than ten years of one every ten minutes. */
const MAX_BATCHES = 1_000_000

/**
 * Batch keys are counted from one that all know, so that an account can be found again without the auctioneer; a key
 * from elsewhere would hide it, and no InitAccount would ever be taken. @throws TraderError RESERVATION_UNUSABLE
 */
function checkReservation(
  key: AccountKey,
  { auctioneerKey, batchKey }: { readonly auctioneerKey: PubKey; readonly batchKey: BatchKey },
): void {
  if (auctioneerKey === key) throw unusable("it names our own key as the auctioneer's")
  if (batchKeyDistance(batchKey, MAX_BATCHES) === undefined) throw unusable('its batch key is that of no batch')
}

const unusable = (reason: string): TraderError =>
  new TraderError(
    { code: 'RESERVATION_UNUSABLE', reason },
    `the auctioneer's reservation cannot be used: ${reason}; nothing was funded`,
  )

/**
 * The transaction that funds an account: found in the wallet when an earlier run already made it, else made now.
 * lnd broadcasts before it answers, so a lost answer must never lead to a second payment (spec lnd §6.4).
 */
export async function findOrFund(
  account: AccountTerms,
  feeRate: SatPerKWeight,
  modules: Pick<OpeningModules, 'wallet'> & { readonly labelPrefix: string },
): Promise<Transaction> {
  const found = await findFunding(account, modules.wallet)
  if (found !== undefined) return found
  const label = accountLabel(modules.labelPrefix, account, 'create')
  return modules.wallet.sendOutput(currentOutput(account), feeRate, label)
}

/** Looks through everything the wallet knows for the account's exact output. */
export async function findFunding(account: AccountTerms, wallet: Wallet): Promise<Transaction | undefined> {
  const known = await wallet.transactions()
  return known.find(({ tx }) => fundingOutpoint(account, tx) !== undefined)?.tx
}

export function fundedEvent(account: AccountTerms, tx: Transaction): AccountEvent {
  const outpoint = fundingOutpoint(account, tx)
  if (outpoint === undefined) throw new Error('the funding transaction lacks the account output')
  return { kind: 'funded', outpoint, tx }
}

/** @throws TraderError FEE_RATE_TOO_LOW */
export function checkFeeRate(rate: SatPerKWeight): void {
  if (rate >= FEE_RATE_FLOOR) return
  throw new TraderError(
    { code: 'FEE_RATE_TOO_LOW', rate: String(rate), minimum: String(FEE_RATE_FLOOR) },
    `fee rate ${rate} sat/kw: at least ${FEE_RATE_FLOOR}`,
  )
}

/** An estimate, raised to what nodes relay. */
export const atLeastFloor = (rate: SatPerKWeight): SatPerKWeight =>
  rate < FEE_RATE_FLOOR ? satPerKWeight(FEE_RATE_FLOOR) : rate

/** Tells the auctioneer's refusal from its absence. @throws TraderError ACCOUNT_REFUSED */
export async function refusedAs<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (cause) {
    if (cause instanceof StartupError) throw cause
    const reason = reasonOf(cause)
    throw new TraderError({ code: 'ACCOUNT_REFUSED', reason }, `the auctioneer refuses the account: ${reason}`, {
      cause,
    })
  }
}
