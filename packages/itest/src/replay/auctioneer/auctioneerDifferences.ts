import type { Explanation } from '../difference.ts'

/** Codes at the end of a refusal's text. */
const REFUSED = ['[ORDER_AMOUNT_NOT_UNITS]', '[ORDER_DURATION_CLOSED]']

/** Where our auctioneer answers the recorded traders otherwise than the recorded auctioneer did. */
export const AUCTIONEER_DIFFERENCES: readonly Explanation[] = [
  {
    id: 'market-info-counted',
    where: 'MarketInfo',
    kind: 'field',
    what: 'MarketInfo',
    path: /^markets\./,
    reason: 'The recorded auctioneer answers with made-up counts; ours counts its book, for every duration it knows.',
  },
  {
    id: 'terms-deprecated-fields',
    where: 'Terms: `lease_durations`, `max_order_duration_blocks`',
    kind: 'field',
    what: 'Terms',
    path: /^(max_order_duration_blocks|lease_durations\.)/,
    reason:
      'Two deprecated fields, which the stock daemon does not read, follow from our buckets instead of naming 2016 blocks alone.',
  },
  {
    id: 'snapshots-unknown-start',
    where: 'BatchSnapshots from an unknown batch',
    kind: 'refused',
    what: 'BatchSnapshots',
    path: '',
    files: ['01-start-and-queries'],
    values: (_, ours) => ours === 'BATCH_NOT_FOUND',
    reason: 'A list that shall start at a batch which does not exist is refused, not empty.',
  },
  {
    id: 'orders-refused',
    where: 'SubmitOrder',
    kind: 'field',
    what: 'SubmitOrder',
    path: /^(accepted|invalid_order)$/,
    files: ['05-orders'],
    values: (recorded, ours) =>
      ours === null ? recorded === true : REFUSED.some((code) => JSON.stringify(ours).includes(code)),
    reason:
      'Two of the orders are refused: a bid of 150,000 sat, which is no whole number of units, and one for a duration whose market is closed. The stock daemon sends both.',
  },
  {
    id: 'refused-orders-unknown',
    where: 'OrderState, CancelOrder',
    kind: 'refused',
    what: /^(OrderState|CancelOrder)$/,
    path: '',
    files: ['05-orders'],
    values: (_, ours) => ours === 'ORDER_NOT_FOUND',
    reason:
      'Those two orders are unknown afterwards, so asking for them and canceling them fails with "no order found".',
  },
  {
    id: 'terms-fee-rate',
    where: 'Terms: `next_batch_fee_rate_sat_per_kw`',
    kind: 'field',
    what: 'Terms',
    path: 'next_batch_fee_rate_sat_per_kw',
    reason:
      'The recorded auctioneer always names 253 sat/kw; ours names its latest estimate, after a batch the rate of that batch.',
  },
  {
    id: 'snapshot-first-previous',
    where: 'BatchSnapshots: `prev_batch_id`',
    kind: 'field',
    what: 'BatchSnapshots',
    path: 'batches[].prev_batch_id',
    files: ['20-batch-v0'],
    reason:
      'Before the very first batch the recorded auctioneer names 33 zero bytes, ours the batch key one step back.',
  },
  {
    id: 'snapshot-deprecated-fields',
    where: 'BatchSnapshots: `clearing_price_rate`, `matched_orders`',
    kind: 'field',
    what: 'BatchSnapshots',
    path: /^batches\[\]\.(clearing_price_rate|matched_orders)$/,
    values: (recorded) => recorded === 0 || (Array.isArray(recorded) && recorded.length === 0),
    reason: 'The deprecated fields for the market of 2016 blocks are filled too, for older clients.',
  },
  {
    id: 'snapshot-time',
    where: 'BatchSnapshots: `creation_timestamp_ns`',
    kind: 'field',
    what: 'BatchSnapshots',
    path: 'batches[].creation_timestamp_ns',
    reason: 'A batch carries the time at which it was made.',
  },
]

const DEPRECATED_TERMS = AUCTIONEER_DIFFERENCES.filter(({ id }) => id === 'terms-deprecated-fields')

/** The same for restarts and recoveries (files 32 and 33), in which the recorded auctioneer laid traps. */
export const PROBE_DIFFERENCES: readonly Explanation[] = [
  ...DEPRECATED_TERMS,
  {
    id: 'terms-maximum',
    where: 'Terms: `max_account_value` of zero',
    kind: 'field',
    what: 'Terms',
    path: 'max_account_value',
    values: (recorded) => recorded === '0',
    reason: 'A trap: the stock daemon divides by it and ends. Ours always names a maximum.',
  },
  {
    id: 'recovered-hint',
    where: 'AuctionAccount: `height_hint`',
    kind: 'field',
    what: 'account',
    path: 'account.height_hint',
    values: (recorded, ours) => recorded === 300 && ours === 156,
    reason:
      'While an account waits for confirmations its hint is 144 blocks lower: a reorganisation may have put its output into an earlier block.',
  },
  {
    id: 'recovered-whole',
    where: 'AuctionAccount without `outpoint` or `latest_tx`',
    kind: 'field',
    what: 'account',
    path: /^account\.(outpoint|latest_tx)$/,
    values: (recorded) => recorded === null || recorded === '',
    reason: "Traps: they end the stock daemon's recovery. Ours tells of every account whole.",
  },
  {
    id: 'reservation-text',
    where: 'SubscribeError: `error`',
    kind: 'field',
    what: 'error',
    path: 'error.error',
    reason: 'A text for people.',
  },
]
