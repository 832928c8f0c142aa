import type { Explanation } from '../difference.ts'

/** Where our auctioneer answers the recorded traders otherwise than the recorded auctioneer did. */
export const AUCTIONEER_DIFFERENCES: readonly Explanation[] = [
  {
    id: 'market-info-counted',
    kind: 'field',
    what: 'MarketInfo',
    path: /^markets\./,
    reason: 'The recorded auctioneer answers with made-up counts; ours counts its book, for every duration it knows.',
  },
  {
    id: 'terms-deprecated-fields',
    kind: 'field',
    what: 'Terms',
    path: /^(max_order_duration_blocks|lease_durations\.)/,
    reason:
      'Two deprecated fields, which the stock daemon does not read, follow from our buckets instead of naming 2016 blocks alone.',
  },
  {
    id: 'snapshots-unknown-start',
    kind: 'refused',
    what: 'BatchSnapshots',
    path: '',
    files: ['01-start-and-queries'],
    values: (_, ours) => ours === 'BATCH_NOT_FOUND',
    reason: 'A list that shall start at a batch which does not exist is refused, not empty.',
  },
  {
    id: 'modify-account',
    kind: 'refused',
    what: 'ModifyAccount',
    path: '',
    values: (_, ours) => ours === 'NOT_OFFERED',
    reason: 'Deposits, withdrawals, renewals and closes are not offered yet.',
  },
  {
    id: 'order-amount-not-whole',
    kind: 'field',
    what: 'SubmitOrder',
    path: /^(accepted|invalid_order)$/,
    files: ['05-orders'],
    reason:
      "Two of the daemon's orders are refused: a bid of 150,000 sat, which is no whole number of units, and one for a duration whose market is closed.",
  },
  {
    id: 'refused-orders-unknown',
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
    kind: 'field',
    what: 'Terms',
    path: 'next_batch_fee_rate_sat_per_kw',
    reason:
      'The recorded auctioneer always names 253 sat/kw; ours names its latest estimate, after a batch the rate of that batch.',
  },
  {
    id: 'snapshot-first-previous',
    kind: 'field',
    what: 'BatchSnapshots',
    path: 'batches[].prev_batch_id',
    files: ['20-batch-v0'],
    reason:
      'Before the very first batch the recorded auctioneer names 33 zero bytes, ours the batch key one step back.',
  },
  {
    id: 'snapshot-deprecated-fields',
    kind: 'field',
    what: 'BatchSnapshots',
    path: /^batches\[\]\.(clearing_price_rate|matched_orders)$/,
    values: (recorded) => recorded === 0 || (Array.isArray(recorded) && recorded.length === 0),
    reason: 'The deprecated fields for the market of 2016 blocks are filled too, for older clients.',
  },
  {
    id: 'snapshot-time',
    kind: 'field',
    what: 'BatchSnapshots',
    path: 'batches[].creation_timestamp_ns',
    reason: 'A batch carries the time at which it was made.',
  },
]
