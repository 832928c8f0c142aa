import type { JsonValue } from '@tidepool/rpc'
import type { Explanation } from '../difference.ts'

/** Orders of file 05 that the rules of the market forbid. */
const FORBIDDEN = ['fddfcba65bcd2283', '30c70e9e3718383d']
const FORBIDDEN_PREIMAGES = ['a3018bff02ff3168', 'ad6b3f23f9f3185f']

const BATCHES_AFTER_TAPROOT = [
  '23-batch-simple-taproot',
  '24-batch-outbound',
  '25-batch-two-matches',
  '26-batch-account-used-up',
]

const mentions = (value: JsonValue, words: readonly string[]): boolean =>
  words.some((word) => JSON.stringify(value).includes(word))

/** Where our trader sends otherwise to the recorded auctioneer than the recorded trader did. */
export const TRADER_DIFFERENCES: readonly Explanation[] = [
  {
    id: 'user-agent',
    where: 'InitAccount, SubmitOrder: `user_agent`',
    kind: 'field',
    what: /^(InitAccount|SubmitOrder)$/,
    path: 'user_agent',
    values: (_, ours) => ours === 'poold/v0.1.0' || ours === 'poold/v0.1.0,initiator=pool-cli',
    reason: 'Our daemon names its own version and no commit.',
  },
  {
    id: 'waiting-batch-asked',
    where: 'BatchSnapshot: asked of its own accord',
    kind: 'extra',
    what: 'batchSnapshot',
    path: '',
    reason:
      'Three blocks after a batch that is not yet deep enough in the chain our daemon asks whether it is still final, so as to notice one that never confirms.',
  },
  {
    id: 'version-shown',
    where: '`pool getinfo`: `version`',
    kind: 'field',
    what: 'getinfo',
    path: 'version',
    reason: 'Our daemon has its own version.',
  },
  {
    id: 'expiry-close-shown',
    where: '`pool accounts close` after the expiry: `close_txid`, `latest_txid`',
    kind: 'field',
    what: /^accounts (close|list)$/,
    path: /^(close_txid|accounts\[\]\.latest_txid)$/,
    files: ['08-account-expiry', '32-restart-by-state'],
    reason: 'Nobody is told of such a close, so the recording lacks the address of the wallet that it pays to.',
  },
  {
    id: 'times-shown',
    where: '`pool orders list`: timestamps',
    kind: 'field',
    what: 'orders list',
    path: /timestamp_ns$/,
    reason: 'Orders and their events carry the time at which they happened.',
  },
  {
    id: 'refused-orders-not-listed',
    where: '`pool orders list`',
    kind: 'field',
    what: 'orders list',
    path: 'bids',
    files: ['05-orders'],
    reason: 'Orders refused here are not in the list.',
  },
  {
    id: 'refused-orders-not-reserved',
    where: '`pool accounts list`: `available_balance`',
    kind: 'field',
    what: 'accounts list',
    path: 'accounts[].available_balance',
    files: ['05-orders'],
    reason: 'Orders refused here reserve nothing.',
  },
  {
    id: 'lease-expiry-shown',
    where: '`pool auction leases`: `channel_lease_expiry`',
    kind: 'field',
    what: 'auction leases',
    path: 'leases[].channel_lease_expiry',
    reason:
      'The end of a script-enforced lease is known when it is agreed; the stock daemon shows none until the channel is open, and on young chains adds the height of the funding to it.',
  },
  {
    id: 'lease-chain-fee-shown',
    where: '`pool auction leases`: `chain_fee_sat`, `total_amt_paid_sat`',
    kind: 'field',
    what: 'auction leases',
    path: /^(leases\[\]\.chain_fee_sat|total_amt_paid_sat)$/,
    reason:
      'Ours lists the chain fee that the account paid; the stock daemon lists that of a version 0 account for every version.',
  },
  {
    id: 'no-empty-ratings',
    where: 'NodeRating',
    kind: 'missing',
    what: 'NodeRating',
    path: '',
    files: ['01-start-and-queries'],
    reason:
      'Without leases there are no peers, so their ratings are not asked for; the stock daemon sends an empty question.',
  },
  {
    id: 'orders-refused-here',
    where: '`pool orders submit`',
    kind: 'outcome',
    what: 'orders submit bid',
    path: '',
    files: ['05-orders'],
    values: (_, ours) =>
      mentions(ours, ['positive multiple of 100000', 'the market for leases of 1008 blocks is closed']),
    reason:
      'An amount that is no whole number of units, and a duration whose market is closed, are refused before anything is sent; the stock daemon sends both.',
  },
  {
    id: 'orders-never-sent',
    where: 'SubmitOrder, CancelOrder',
    kind: 'missing',
    what: /^(SubmitOrder|CancelOrder)$/,
    path: '',
    files: ['05-orders'],
    values: (recorded) => mentions(recorded, [...FORBIDDEN, ...FORBIDDEN_PREIMAGES]),
    reason: 'Orders refused by our daemon are neither sent nor canceled.',
  },
  {
    id: 'orders-nothing-to-cancel',
    where: '`pool orders cancel`',
    kind: 'outcome',
    what: /^orders cancel /,
    path: '',
    files: ['05-orders'],
    values: (_, ours) => mentions(ours, ['no order found']),
    reason: 'Canceling an order that was refused here fails.',
  },
  {
    id: 'order-states-before-close',
    where: 'OrderState',
    kind: 'missing',
    what: 'OrderState',
    path: '',
    files: ['05-orders'],
    reason:
      'Before it closes an account the stock daemon asks for the state of every open order, ours for the orders of that account; orders refused here are never asked for.',
  },
  {
    id: 'leases-with-taproot',
    where: '`pool auction leases`',
    kind: 'outcome',
    what: 'auction leases',
    path: '',
    files: BATCHES_AFTER_TAPROOT,
    values: (recorded, ours) => recorded === 1 && ours === '',
    reason: 'The stock daemon cannot list leases any more once one of them is a simple taproot channel; ours can.',
  },
]

const named = (id: string): Explanation => {
  const found = TRADER_DIFFERENCES.find((one) => one.id === id)
  if (found === undefined) throw new Error(`no explanation ${id}`)
  return found
}

/** The same for restarts in every state (file 32). */
export const RESTART_DIFFERENCES: readonly Explanation[] = [named('user-agent'), named('expiry-close-shown')]

/** And for recoveries with the auctioneer (file 33). */
export const RECOVERY_DIFFERENCES: readonly Explanation[] = [named('user-agent')]
