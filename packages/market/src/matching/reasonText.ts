import type { UnmatchedReason } from './types.ts'

/** What became of an order in an auction: the first word of an answer to "why". Stable; kept in stores and scripts. */
export type VerdictCode = UnmatchedReason | 'matched' | 'batchFailed'

const TEXTS: Readonly<Record<VerdictCode, string>> = {
  matched: 'it was matched',
  batchFailed: 'it was matched, but the batch failed; it is tried again',
  excludedFromAttempt: 'its trader rejected the batch, did not answer, or could not pay for it',
  orderNotActive: 'nothing of it is left to match',
  remainderBelowMinimum: 'what is left of it is below its own minimum',
  feeRateAboveMaximum: 'the batch fee rate was above its maximum',
  accountNotReady:
    'its account is not open, or a change of it was signed and is in no block: another one that confirms, as by accounts renew, ends that',
  accountExpiresSoon: 'its account expires too soon',
  banned: 'its account or node is banned',
  traderSilent: 'its trader left several batches in a row without an answer and is left out for a time',
  traderOffline: 'its trader was not connected',
  durationNotOpen: 'the market of its duration is not open for clearing',
  batchVersionLacksFeature: 'its trader announced a batch version without what it asks for',
  durationDiffers: 'no order of the other side has its duration',
  auctionTypeDiffers: 'no order of the other side is of its auction type',
  ratesDoNotCross: 'no order of the other side meets its rate',
  sameAccount: 'the only counterpart is of the same account',
  sameNode: 'the only counterpart is of the same node',
  nodeTierTooLow: "the lender's node is rated below the borrower's minimum",
  nodeNotAdmitted: 'a list of allowed or denied nodes keeps it and its counterpart apart',
  channelTypesIncompatible: 'the channel types cannot be combined',
  announcementUnmet: 'the lender does not take channels announced, or unannounced, as the borrower wants them',
  confirmationUnmet: 'the lender does not take channels confirmed, or zero-conf, as the borrower wants them',
  orderVersionTooLow: "the lender's order is of a version without self channel balance or sidecars",
  nodesInConflict: 'the two nodes failed to open a channel and are kept apart for some auctions',
  sizesDoNotFit: 'no size suits both minimums',
  taprootAnnounced: 'simple taproot channels are unannounced, and the borrower wants an announced one',
  zeroConfChannelType: 'a zero-conf channel needs a channel type that neither side names',
  sidecarChannelType: 'the channel type of a sidecar would differ between its parties',
  counterpartBatchVersion: "the counterpart's batch version lacks what the channel needs",
  sameTrader: 'the only counterpart belongs to the same trader daemon',
  noCounterpart: 'there was no order on the other side',
  counterpartTaken: 'better or earlier orders took every counterpart',
  priceBeyondRate: 'the clearing price is beyond its rate',
  batchFull: 'the batch transaction was full',
  nodeChannelLimit: 'its node, or the counterpart, has too many pending channels',
  accountOverdrawn: 'its account could not pay for it',
}

/** One sentence for people; empty for a code of a newer version. */
export function verdictText(code: string): string {
  return Object.hasOwn(TEXTS, code) ? TEXTS[code as VerdictCode] : ''
}

export const VERDICT_CODES: readonly string[] = Object.keys(TEXTS)
