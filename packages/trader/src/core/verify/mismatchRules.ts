import type { RejectCode } from '@tidepool/market'
import type { MismatchCode, MismatchDetail } from './mismatch.ts'

interface MismatchRule<D> {
  /** What the auctioneer is told; unknown where an honest race can explain it. */
  readonly reject: RejectCode
  readonly text: (detail: D) => string
}
type MismatchRules = { readonly [C in MismatchCode]: MismatchRule<Extract<MismatchDetail, { readonly code: C }>> }

const lie = <D>(text: (detail: D) => string): MismatchRule<D> => ({ reject: 'serverMisbehavior', text })
const doubt = <D>(text: (detail: D) => string): MismatchRule<D> => ({ reject: 'unknown', text })
const pair = (d: { readonly nonce: string; readonly counterpart: string }): string =>
  `order ${d.nonce} with ${d.counterpart}`

/** Reject code and text of every mismatch. */
export const MISMATCH_RULES: MismatchRules = {
  BATCH_VERSION_MISMATCH: {
    reject: 'batchVersionMismatch',
    text: (d) => `version ${d.expected} mismatches server version ${d.got}`,
  },
  HEIGHT_HINT_OUT_OF_RANGE: doubt((d) => `height hint ${d.hint} is too far from our best height ${d.bestHeight}`),
  BATCH_ALREADY_FINALIZED: lie((d) => `batch ${d.batchId} is already final`),
  TRANSACTION_ALREADY_SIGNED: lie((d) => `transaction ${d.txid} was signed before`),
  TRANSACTION_TIME_LOCKED: lie((d) => `the batch transaction is time locked (lock time ${d.lockTime})`),

  ORDER_UNKNOWN: doubt((d) => `order ${d.nonce} is unknown`),
  ACCOUNT_UNKNOWN: doubt((d) => `account ${d.accountKey} of order ${d.nonce} is unknown`),
  ORDER_NOT_OPEN: doubt((d) => `order ${d.nonce} is ${d.state}`),
  ACCOUNT_NOT_OPEN: doubt((d) => `account ${d.accountKey} is ${d.state}`),
  ACCOUNT_EXPIRES_TOO_SOON: doubt((d) => `account ${d.accountKey} expires at ${d.expiry}, before ${d.earliest}`),
  SIDECAR_NOT_EXPECTED: doubt((d) => `no ticket for sidecar bid ${d.nonce}`),

  SAME_ORDER_TYPE: lie((d) => `${pair(d)}: both are of the same type`),
  AUCTION_TYPE_DIFFERS: lie((d) => `${pair(d)}: the other is ${d.got}`),
  COUNTERPART_IS_OWN_NODE: lie((d) => `${pair(d)}: the other is our own`),
  LEASE_DURATION_DIFFERS: lie((d) => `${pair(d)}: duration ${d.got} instead of ${d.expected}`),
  ASK_ABOVE_BID: lie((d) => `${pair(d)}: ask rate ${d.askRate} above bid rate ${d.bidRate}`),
  COUNTERPART_OVERFILLED: lie((d) => `${pair(d)}: ${d.units} units of an order of ${d.available}`),
  COUNTERPART_PRICE_EXCEEDED: lie((d) => `${pair(d)}: price ${d.price} beyond the other's limit ${d.limit}`),
  UNITS_ZERO: lie((d) => `${pair(d)}: no units`),
  COUNTERPART_LISTED_TWICE: lie((d) => `${pair(d)}: listed twice`),
  FUNDING_KEY_IS_OWN: lie((d) => `${pair(d)}: the other's funding key is our own`),
  CHANNEL_TYPE_NOT_ORDERED: lie((d) => `${pair(d)}: the other's channel type ${d.got} rules out simple taproot`),
  SELF_BALANCE_SPLIT: lie((d) => `order ${d.nonce} takes one match, not ${d.matches}`),
  OUTBOUND_UNITS: lie((d) => `${pair(d)}: ${d.units} units in the outbound market`),
  OUTBOUND_SELF_BALANCE_TOO_LOW: lie((d) => `${pair(d)}: self channel balance ${d.got} below ${d.minimum}`),
  ANNOUNCEMENT_DIFFERS: lie((d) => `${pair(d)}: one is announced, the other must not be`),
  CONFIRMATION_DIFFERS: lie((d) => `${pair(d)}: one is zero-conf, the other must not be`),
  ASK_OPTED_OUT: lie((d) => `${pair(d)}: takes an ask of version ${d.minimum}, not ${d.askVersion}`),
  SIDECAR_RECIPIENT_MISSING: lie((d) => `${pair(d)}: the sidecar ticket names no recipient`),
  SIDECAR_RECIPIENT_IS_ASKER: lie((d) => `${pair(d)}: the asker is the sidecar's recipient`),
  SIDECAR_CAPACITY_DIFFERS: lie((d) => `${pair(d)}: ${d.got} sat where the ticket says ${d.expected}`),
  ORDER_VERSION_UNKNOWN: lie((d) => `${pair(d)}: the other's version ${d.version} is unknown`),
  NODE_NOT_ALLOWED: doubt((d) => `${pair(d)}: node ${d.node} is excluded`),

  CLEARING_PRICE_MISSING: lie((d) => `no clearing price for duration ${d.duration} of order ${d.nonce}`),
  CLEARING_PRICE_EXCEEDED: lie((d) => `order ${d.nonce}: clearing price ${d.price} beyond its limit ${d.limit}`),
  UNITS_ABOVE_UNFULFILLED: lie((d) => `order ${d.nonce}: ${d.units} units matched, ${d.left} left`),
  UNITS_BELOW_MINIMUM: lie((d) => `${pair(d)}: ${d.units} units below the minimum of ${d.minimum}`),
  FEE_RATE_ABOVE_MAXIMUM: lie((d) => `order ${d.nonce}: batch fee rate ${d.got} above ${d.maximum} sat/kw`),
  EXECUTION_FEE_ABOVE_TERMS: lie(
    (d) =>
      `execution fee ${d.got.baseFee} sat + ${d.got.feeRatePpm} ppm above ${d.terms.baseFee} sat + ${d.terms.feeRatePpm} ppm`,
  ),
  AMOUNT_OUT_OF_RANGE: lie((d) => `${pair(d)}: an amount is out of range`),

  CHANNEL_OUTPUT_MISSING: lie((d) => `${pair(d)}: no output of ${d.value} sat to ${d.script}`),
  CHANNEL_OUTPUT_SHARED: lie((d) => `${pair(d)}: its output of ${d.value} sat already serves another match`),
  DIFF_UNINVOLVED: lie((d) => `diff for uninvolved account ${d.accountKey}`),
  DIFF_TWICE: lie((d) => `two diffs for account ${d.accountKey}`),
  DIFF_MISSING: lie((d) => `no diff for account ${d.accountKey}`),
  ACCOUNT_INPUT_MISSING: lie((d) => `account ${d.accountKey} is not spent`),
  ACCOUNT_INPUT_TWICE: lie((d) => `account ${d.accountKey} is spent twice`),
  ACCOUNT_SPENT_UNINVOLVED: lie((d) => `account ${d.accountKey} is spent without a match`),
  ACCOUNT_OVERDRAWN: lie((d) => `account ${d.accountKey} would end with ${d.balance} sat`),
  ENDING_BALANCE_WRONG: lie((d) => `account ${d.accountKey} ends with ${d.got} instead of ${d.expected} sat`),
  NEW_EXPIRY_TOO_FAR: lie((d) => `account ${d.accountKey}: new expiry ${d.got} after ${d.latest}`),
  NEW_EXPIRY_LOWERED: lie((d) => `account ${d.accountKey}: new expiry ${d.got} before the current ${d.current}`),
  NEW_VERSION_UNKNOWN: lie((d) => `account ${d.accountKey}: new version ${d.version} is unknown`),
  NEW_VERSION_UNSUPPORTED: lie((d) => `account ${d.accountKey}: new version ${d.version} lacks its batch version flag`),
  ENDING_STATE_WRONG: lie((d) => `account ${d.accountKey}: ${d.state} with ${d.balance} sat`),
  OUTPUT_INDEX_WRONG: lie((d) => `account ${d.accountKey}: output index ${d.index}`),
  ACCOUNT_OUTPUT_VALUE_WRONG: lie((d) => `account ${d.accountKey}: output of ${d.got} instead of ${d.expected} sat`),
  ACCOUNT_OUTPUT_SCRIPT_WRONG: lie((d) => `account ${d.accountKey}: output to ${d.got} instead of ${d.expected}`),

  SIGN_OTHER_BATCH: doubt((d) => `batch ${d.batchId} is not the one accepted`),
  PREV_OUTPUTS_INCOMPLETE: lie((d) => `${d.got} previous outputs for ${d.expected} inputs`),
  PREV_OUTPUT_WRONG: lie((d) => `previous output ${d.index} is not account ${d.accountKey}`),
  INPUT_MALLEABLE: lie((d) => `input ${d.index} is no native segwit spend`),
  TRANSACTION_FEE_TOO_LOW: lie(
    (d) => `the transaction pays ${d.paid} sat to miners, charged were at least ${d.minimum}`,
  ),
  SERVER_NONCE_MISSING: doubt((d) => `no server nonce for account ${d.accountKey}`),
  SERVER_NONCE_UNEXPECTED: doubt((d) => `a server nonce for account ${d.accountKey}, which needs none`),
  SERVER_NONCE_INVALID: doubt((d) => `the server nonce for account ${d.accountKey} is not two points`),
  SERVER_NONCE_REUSED: lie((d) => `the server nonce for account ${d.accountKey} has been sent before`),
}
