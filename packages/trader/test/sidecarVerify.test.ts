import { blockCount, blockHeight, nodeKey, orderNonce, pubKey, satoshi } from '@tidepool/crypto'
import type { BatchProposal, CounterpartOrder } from '@tidepool/market'
import { supplyUnits } from '@tidepool/market'
import { describe, expect, it } from 'vitest'
import { validateSidecarBatch } from '../src/core/verify/validateSidecarBatch.ts'
import type { ExpectedSidecar, SidecarRecords } from '../src/core/verify/validateSidecarBatch.ts'
import { acceptedBase, validCase } from './support/acceptedBase.ts'
import { proposalFromJson } from './support/proposalJson.ts'
import { ticketRecipient } from './support/sidecarTicket.ts'

const stored = validCase('sidecar-bid')
const provider = proposalFromJson(stored.prepare_json)
/** As the recipient's stream gets it: the same match, no diffs. */
const proposal: BatchProposal = { ...provider, accountDiffs: [], clearingPrices: new Map() }
const own = records()

function records(): SidecarRecords {
  const bid = stored.orders[0]
  const recipient = ticketRecipient(bid?.sidecar_ticket ?? '')
  if (bid === undefined || recipient === undefined) throw new Error('no ticket')
  const ticket: ExpectedSidecar = {
    bidNonce: orderNonce(bid.nonce),
    multiSigKey: pubKey(recipient.multiSigKey),
    nodeKey: nodeKey(recipient.node),
    capacity: satoshi(bid.amt),
    pushAmount: satoshi(BigInt(bid.self_chan_balance ?? 0)),
    leaseDuration: blockCount(bid.lease_duration),
    unannounced: false,
    zeroConf: false,
  }
  return {
    tickets: new Map([[ticket.bidNonce, ticket]]),
    nodeKey: ticket.nodeKey,
    bestHeight: blockHeight(stored.best_height),
  }
}

function withTicket(change: Partial<ExpectedSidecar>): SidecarRecords {
  return { ...own, tickets: new Map([...own.tickets].map(([nonce, ticket]) => [nonce, { ...ticket, ...change }])) }
}

function withCounterpart(change: Partial<CounterpartOrder>): BatchProposal {
  const matches = proposal.matches.map((match) => {
    return { ...match, counterpart: { ...match.counterpart, ...change } as CounterpartOrder }
  })
  return { ...proposal, matches }
}

function codes(message: BatchProposal, us: SidecarRecords): readonly string[] {
  const verdict = validateSidecarBatch(message, us)
  return verdict.verdict === 'accepted' ? [] : verdict.mismatches.map(({ code }) => code)
}

describe('the recipient of a sidecar channel', () => {
  it('expects the same channel as its provider, and no account', () => {
    const verdict = validateSidecarBatch(proposal, own)
    if (verdict.verdict === 'rejected') throw new Error(verdict.mismatches[0]?.text)
    expect(verdict.result).toMatchObject({ accounts: [], fills: [] })
    const [ours, theirs] = [verdict.result.channels[0], acceptedBase('sidecar-bid').channels[0]]
    expect(ours).toEqual({ ...theirs, sidecar: 'recipient', price: 0, premium: 0n, executionFee: 0n })
  })

  it.each([
    ['a bid without a ticket', proposal, { ...own, tickets: new Map() }, ['SIDECAR_NOT_EXPECTED']],
    ['another capacity', proposal, withTicket({ capacity: satoshi(1_100_000) }), ['SIDECAR_CAPACITY_DIFFERS']],
    ['another push amount', proposal, withTicket({ pushAmount: satoshi(1) }), ['CHANNEL_OUTPUT_MISSING']],
    ['another duration', proposal, withTicket({ leaseDuration: blockCount(4032) }), ['LEASE_DURATION_DIFFERS']],
    ['another funding key', proposal, withTicket({ multiSigKey: own.nodeKey }), ['CHANNEL_OUTPUT_MISSING']],
    ['a far height', proposal, { ...own, bestHeight: blockHeight(own.bestHeight + 4) }, ['HEIGHT_HINT_OUT_OF_RANGE']],
    ['our own node as asker', withCounterpart({ nodeKey: own.nodeKey }), own, ['COUNTERPART_IS_OWN_NODE']],
    ['an ask that opted out', withCounterpart({ version: 3 }), own, ['ASK_OPTED_OUT']],
    [
      'two channels for one ticket',
      { ...proposal, matches: [...proposal.matches, ...proposal.matches] },
      own,
      ['COUNTERPART_LISTED_TWICE'],
    ],
    [
      'no units',
      { ...proposal, matches: proposal.matches.map((match) => ({ ...match, units: supplyUnits(0) })) },
      own,
      ['UNITS_ZERO', 'SIDECAR_CAPACITY_DIFFERS'],
    ],
  ] as const)('refuses %s', (_, message, us, expected) => {
    expect(codes(message, us)).toEqual(expected)
  })
})
