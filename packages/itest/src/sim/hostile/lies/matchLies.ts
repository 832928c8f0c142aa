import { blockCount, fromHex, nodeKey, orderNonce, pointNegate, pubKey, satoshi } from '@tidepool/crypto'
import { MAX_MONEY } from '@tidepool/crypto'
import { UNIT_SAT, ratePpb, supplyUnits } from '@tidepool/market'
import type { BatchProposal, ProposedMatch } from '@tidepool/market'
import { STRANGER } from '../books.ts'
import { matching, meeting, proposing } from '../lie.ts'
import type { Lie, Scene } from '../lie.ts'
import { channelIndex, withOutput } from './tools.ts'

const units = (match: ProposedMatch, change: (units: number) => number): ProposedMatch => ({
  ...match,
  units: supplyUnits(change(match.units)),
})

const ownOrders = ({ victim }: Scene) => [...victim.trader.ledger.orders.values()].map(({ order }) => order)

const OTHER_NONCE = orderNonce(new Uint8Array(32).fill(6))

/** One match as two, the second with another order of the same stranger. */
function split(match: ProposedMatch, first: number): readonly ProposedMatch[] {
  const other = { ...match.counterpart, nonce: OTHER_NONCE }
  return [units(match, () => first), { ...units(match, (all) => all - first), counterpart: other }]
}

const each = (batch: BatchProposal, change: (match: ProposedMatch) => readonly ProposedMatch[]): BatchProposal => ({
  ...batch,
  matches: batch.matches.flatMap(change),
})

/** Whom we are to meet, and for how much. */
export const MATCH_LIES: readonly Lie[] = [
  meeting(['ask with ask', 'SAME_ORDER_TYPE', 'caught', { victim: 'alice' }], () => ({
    kind: 'ask',
    announcement: 'none',
    confirmation: 'none',
  })),
  meeting(['bid with bid', 'SAME_ORDER_TYPE', 'caught'], () => ({
    kind: 'bid',
    selfChannelBalance: 0n,
    isSidecar: false,
    unannounced: false,
    zeroConf: false,
    minNodeTier: 'default',
  })),
  meeting(['inbound with outbound', 'AUCTION_TYPE_DIFFERS', 'caught'], () => ({ auctionType: 'outbound' })),
  meeting(['our own node as the stranger', 'COUNTERPART_IS_OWN_NODE', 'caught'], (_, { victim }) => ({
    nodeKey: victim.node.key,
  })),
  meeting(['our own order as the other', 'COUNTERPART_IS_OWN_NODE', 'accepted'], (_, scene) => ({
    nonce: ownOrders(scene)[0]?.nonce,
  })),
  proposing('match', ['another lease duration', 'LEASE_DURATION_DIFFERS', 'caught'], (batch) => ({
    ...batch,
    clearingPrices: new Map([...batch.clearingPrices, [blockCount(4032), ratePpb(1500)]]),
    matches: batch.matches.map((match) => ({
      ...match,
      counterpart: { ...match.counterpart, leaseDuration: blockCount(4032) },
    })),
  })),
  meeting(['an ask above the bid', 'ASK_ABOVE_BID', 'caught'], () => ({ rate: ratePpb(2001) })),
  meeting(['a bid below the ask', 'ASK_ABOVE_BID', 'caught', { victim: 'alice' }], () => ({ rate: ratePpb(999) })),
  meeting(["a price beyond the other's bid", 'COUNTERPART_PRICE_EXCEEDED', 'accepted', { victim: 'alice' }], () => ({
    rate: ratePpb(1001),
  })),
  meeting(['a smaller order than is filled', 'COUNTERPART_OVERFILLED', 'accepted'], () => ({
    amount: satoshi(5n * UNIT_SAT),
  })),
  matching(['no units', 'UNITS_ZERO', 'accepted', 'V-23'], (match) => units(match, () => 0)),
  matching(['a unit more than we want', 'UNITS_ABOVE_UNFULFILLED', 'caught'], (match) => units(match, (n) => n + 1)),
  matching(['a unit less than the channel', 'CHANNEL_OUTPUT_MISSING', 'caught'], (match) => units(match, (n) => n - 1)),
  matching(['the highest number of units', 'COUNTERPART_OVERFILLED', 'caught'], (match) =>
    units(match, () => 0xffff_ffff),
  ),
  proposing('match', ['one stranger as two matches', 'COUNTERPART_LISTED_TWICE', 'accepted', 'V-24'], (batch) =>
    each(batch, (match) => [units(match, () => 3), units(match, () => 3)]),
  ),
  proposing('match', ['one channel for two matches', 'CHANNEL_OUTPUT_SHARED', 'accepted', 'V-05'], (batch, scene) => ({
    ...each(batch, (match) => split(match, 3)),
    transaction: {
      ...batch.transaction,
      ...withOutput(batch.transaction, channelIndex(batch, scene), () => ({ value: satoshi(3n * UNIT_SAT) })),
    },
  })),
  proposing(
    'match',
    ['a minimum reached by two small channels', 'UNITS_BELOW_MINIMUM', 'accepted', { gap: 'V-04', book: 'minimum' }],
    (batch) => each(batch, (match) => split(match, 3)),
  ),
  matching(['a channel below our minimum', 'UNITS_BELOW_MINIMUM', 'caught', { book: 'minimum' }], (match) =>
    units(match, () => 3),
  ),
  meeting(['our own funding key', 'FUNDING_KEY_IS_OWN', 'accepted', 'V-25'], (_, scene) => ({
    multiSigKey: ownOrders(scene)[0]?.multiSigKey,
  })),
  meeting(['our own funding key, negated', 'FUNDING_KEY_IS_OWN', 'accepted', 'V-25'], (_, scene) => ({
    multiSigKey: pubKey(pointNegate(fromHex(ownOrders(scene)[0]?.multiSigKey ?? ''))),
  })),
  meeting(["another funding key than the channel's", 'CHANNEL_OUTPUT_MISSING', 'caught'], () => ({
    multiSigKey: STRANGER,
  })),
  meeting(
    ['simple taproot ordered, legacy built', 'CHANNEL_TYPE_NOT_ORDERED', 'accepted', { gap: 'V-11', book: 'taproot' }],
    () => ({
      channelType: 'peerDependent',
    }),
  ),
  meeting(
    [
      'simple taproot ordered, script-enforced built',
      'CHANNEL_TYPE_NOT_ORDERED',
      'accepted',
      { gap: 'V-11', book: 'taproot' },
    ],
    () => ({
      channelType: 'scriptEnforced',
    }),
  ),
  proposing(
    'match',
    ['the self channel balance charged twice', 'SELF_BALANCE_SPLIT', 'accepted', { gap: 'V-26', book: 'selfBalance' }],
    (batch) => each(batch, (match) => split(match, 3)),
  ),
  meeting(
    ['an ask that takes no self channel balance', 'ASK_OPTED_OUT', 'accepted', { gap: 'V-29', book: 'selfBalance' }],
    () => ({
      version: 2,
    }),
  ),
  meeting(
    [
      'a sidecar for an ask that takes none',
      'ASK_OPTED_OUT',
      'accepted',
      { gap: 'V-29', book: 'oldAsk', victim: 'alice' },
    ],
    () => ({
      isSidecar: true,
    }),
  ),
  matching(
    ['an outbound channel of two units', 'OUTBOUND_UNITS', 'accepted', { gap: 'V-27', book: 'outbound' }],
    (match) => units(match, () => 2),
  ),
  meeting(
    [
      'an outbound bid with too little of its own',
      'OUTBOUND_SELF_BALANCE_TOO_LOW',
      'accepted',
      { gap: 'V-27', book: 'outbound', victim: 'alice' },
    ],
    () => ({
      selfChannelBalance: satoshi(100_000),
    }),
  ),
  meeting(
    ['a self channel balance of all the money there is', 'AMOUNT_OUT_OF_RANGE', 'not known', { victim: 'alice' }],
    () => ({
      selfChannelBalance: MAX_MONEY,
    }),
  ),
  meeting(['an ask that wants it unannounced', 'ANNOUNCEMENT_DIFFERS', 'accepted', 'V-28'], () => ({
    announcement: 'onlyUnannounced',
  })),
  meeting(
    [
      'an unannounced bid for an announced ask',
      'ANNOUNCEMENT_DIFFERS',
      'accepted',
      { gap: 'V-28', book: 'picky', victim: 'alice' },
    ],
    () => ({
      unannounced: true,
    }),
  ),
  meeting(['an ask that wants it zero-conf', 'CONFIRMATION_DIFFERS', 'accepted', 'V-28'], () => ({
    confirmation: 'onlyZeroConf',
  })),
  meeting(
    [
      'a zero-conf bid for a confirmed ask',
      'CONFIRMATION_DIFFERS',
      'accepted',
      { gap: 'V-28', book: 'picky', victim: 'alice' },
    ],
    () => ({
      zeroConf: true,
    }),
  ),
  meeting(['an order version nobody knows', 'ORDER_VERSION_UNKNOWN', 'accepted', 'V-30'], () => ({ version: 6 })),
  meeting(['a node on our deny list', 'NODE_NOT_ALLOWED', 'caught', { book: 'guarded' }], () => ({
    nodeKey: nodeKey(STRANGER),
  })),
]
