import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { fromHex, packInputs, toHex, txidOf } from '@tidepool/crypto'
import type { CounterpartOrder } from '@tidepool/market'
import { decodeMessage, encodeMessage } from '../codec/message.ts'
import { proposalFromWire, proposalToWire } from './proposal.ts'
import { encodeSignRequest, signRequestFromWire, signRequestToWire } from './sign.ts'

interface ParsedOrder {
  readonly [field: string]: unknown
  readonly node_addrs: readonly string[] | null
}
interface Parsed {
  readonly batch_id: string
  readonly version: number
  readonly height_hint: number
  readonly fee_rate: number | string
  readonly base_fee: number | string
  readonly clearing_prices: readonly { readonly duration: number; readonly rate: number }[] | null
  readonly account_diffs: readonly Readonly<Record<string, string | number>>[] | null
  readonly matched_orders:
    | readonly { readonly own_nonce: string; readonly matches: readonly ParsedOrder[] | null }[]
    | null
  readonly txid: string
  readonly inputs: number
  readonly outputs: number
}
interface Case {
  readonly kind: 'prepare' | 'sign_begin'
  readonly name: string
  readonly message_hex: string
  readonly stage: 'ok' | 'unmarshal' | 'parse' | 'panic'
  readonly parsed?: Parsed
  readonly nonces?: readonly { readonly account_key: string; readonly nonces: string }[] | null
  readonly prev_outputs?: readonly { readonly value: number | string; readonly pk_script: string }[] | null
}

const file = readFileSync(new URL('../../test/vectors/pool/prepare-parse.json', import.meta.url), 'utf8')
const { cases } = JSON.parse(file) as { cases: readonly Case[] }

/** What the reference reads and we refuse: the list of ADR-0004. */
const REFUSED: ReadonlySet<string> = new Set([
  'execution fee 2^63',
  'batch transaction with trailing bytes',
  'batch id uncompressed (65 bytes): accepted by the check, then cut',
  'batch id hybrid form (06/07, 65 bytes)',
  'own nonce of 31 bytes: padded with a zero byte',
  'own nonce of 33 bytes: cut',
  'own nonce empty: all zero',
  'node key uncompressed',
  'no order nonce in the counterpart ask (all zero)',
  'counterpart nonce of 31 bytes: padded at the end',
  'counterpart nonce of 40 bytes: cut',
  'auction type 7',
  'announcement constraint 9',
  'announcement constraint 258: cut to 8 bits',
  'order version 4294967295',
  'amount 2^64-1',
  'self channel balance 2^64-1 (read as -1)',
  'address network "tcp4" addr "192.0.2.1:9735"',
  'address network "tcp6" addr "[2001:db8::5]:9735"',
  'address network "tcp" addr "[fe80::1%eth0]:9735"',
  'address network "tcp" addr ":9735"',
  'address network "tcp" addr ""',
  'address network "" addr "192.0.2.1:9735"',
  'address network "tcp" addr "192.0.2.1:0"',
  'address network "tcp" addr "192.0.2.1:http"',
  'address network "tcp" addr "192.0.2.1:"',
  'address network "tcp" addr "vww6ybal4bd7szmgncyruucpgfkqahzddi37ktceo3ah7ngmcopnpyyd.onion"',
  'address network "tcp" addr "vww6ybal4bd7szmgncyruucpgfkqahzddi37ktceo3ah7ngmcopnpyyd.onion:99999"',
  'address network "udp" addr "vww6ybal4bd7szmgncyruucpgfkqahzddi37ktceo3ah7ngmcopnpyyd.onion:9735"',
  'diff with uncompressed key',
  'diff new version 300 (cut to 44)',
  'diff ending state 77',
  'fee rate 2^64-1 (read as -1)',
  'empty',
  'key that is not a point',
  'prev output value 2^64-1 (read as -1)',
])

const CHANNEL_TYPES = ['peerDependent', 'scriptEnforced', 'simpleTaproot'] as const
const ENDING_STATES = ['recreated', 'dustExtendedOffchain', 'dustAddedToFees', 'fullySpent'] as const
const ANNOUNCEMENTS = ['none', 'onlyAnnounced', 'onlyUnannounced'] as const
const CONFIRMATIONS = ['none', 'onlyConfirmed', 'onlyZeroConf'] as const

/** One of our orders as the reference's output shows it, as far as it is read from a counterpart's order. */
function shown(order: CounterpartOrder, units: number) {
  const shared = {
    type: order.kind === 'ask' ? 0 : 1,
    nonce: order.nonce,
    version: order.version,
    auction_type: order.auctionType === 'inbound' ? 0 : 1,
    fixed_rate: order.rate,
    amt: Number(order.amount),
    max_batch_fee_rate: Number(order.maxBatchFeeRate),
    lease_duration: order.leaseDuration,
    channel_type: CHANNEL_TYPES.indexOf(order.channelType),
    multi_sig_key: order.multiSigKey,
    node_key: order.nodeKey,
    node_addrs: order.nodeAddresses.map(({ network, addr }) => `${network} ${addr}`),
    units_filled: units,
  }
  if (order.kind === 'ask') {
    return {
      ...shared,
      announcement_constraints: ANNOUNCEMENTS.indexOf(order.announcement),
      confirmation_constraints: CONFIRMATIONS.indexOf(order.confirmation),
    }
  }
  return {
    ...shared,
    self_chan_balance: Number(order.selfChannelBalance),
    unannounced_channel: order.unannounced,
    zero_conf_channel: order.zeroConf,
  }
}

const int64 = (value: string | number | undefined): bigint => BigInt(value ?? 0)

function comparePrepare(parsed: Parsed, bytes: Uint8Array): void {
  const proposal = proposalFromWire(decodeMessage('poolrpc.OrderMatchPrepare', bytes))
  expect(proposal.batchId).toBe(parsed.batch_id)
  expect(proposal.batchVersion).toBe(parsed.version)
  expect(proposal.heightHint).toBe(parsed.height_hint)
  expect(proposal.feeRate).toBe(int64(parsed.fee_rate))
  expect(proposal.executionFee.baseFee).toBe(int64(parsed.base_fee))
  const prices = [...proposal.clearingPrices].map(([duration, rate]) => ({ duration: Number(duration), rate }))
  expect(prices.toSorted((a, b) => a.duration - b.duration)).toEqual(parsed.clearing_prices ?? [])
  expect(txidOf(proposal.transaction)).toBe(parsed.txid)
  expect([proposal.transaction.inputs.length, proposal.transaction.outputs.length]).toEqual([
    parsed.inputs,
    parsed.outputs,
  ])
  const diffs = (parsed.account_diffs ?? []).map((diff) => ({
    accountKey: diff['account_key'],
    endingState: ENDING_STATES[Number(diff['ending_state'])],
    endingBalance: BigInt.asUintN(64, int64(diff['ending_balance'])),
    outpointIndex: diff['outpoint_index'],
    newExpiry: diff['new_expiry'],
    newVersion: diff['new_version'],
  }))
  expect(proposal.accountDiffs).toEqual(diffs)
  const matches = (parsed.matched_orders ?? []).flatMap(({ own_nonce: ownNonce, matches: all }) =>
    (all ?? []).map((match) => ({ ownNonce, match })),
  )
  const ours = proposal.matches.toSorted((a, b) => (a.ownNonce < b.ownNonce ? -1 : a.ownNonce > b.ownNonce ? 1 : 0))
  expect(ours.map(({ ownNonce, counterpart, units }) => ({ ownNonce, match: shown(counterpart, units) }))).toEqual(
    matches.map(({ ownNonce, match }) => ({
      ownNonce,
      match: Object.fromEntries(
        Object.entries({ ...match, node_addrs: match.node_addrs ?? [] }).filter(
          ([key]) =>
            !['units', 'units_unfulfilled', 'min_units_match', 'acct_key', 'is_sidecar', 'min_node_tier'].includes(key),
        ),
      ),
    })),
  )
  const again = encodeMessage('poolrpc.OrderMatchPrepare', proposalToWire(proposal))
  expect(proposalFromWire(decodeMessage('poolrpc.OrderMatchPrepare', again))).toEqual({
    ...proposal,
    transaction: {
      ...proposal.transaction,
      inputs: packInputs(proposal.transaction.inputs.map((input) => ({ ...input, witness: [] }))),
    },
  })
}

function compareSignBegin(item: Case, bytes: Uint8Array): void {
  const request = signRequestFromWire(decodeMessage('poolrpc.OrderMatchSignBegin', bytes))
  expect([...request.serverNonces].map(([account_key, nonces]) => ({ account_key, nonces: toHex(nonces) }))).toEqual(
    (item.nonces ?? []).toSorted((a, b) => (a.account_key < b.account_key ? -1 : 1)),
  )
  expect(request.prevOutputs.map(({ value, script }) => ({ value: Number(value), pk_script: toHex(script) }))).toEqual(
    item.prev_outputs ?? [],
  )
  const again = encodeMessage('poolrpc.OrderMatchSignBegin', signRequestToWire(request))
  expect(signRequestFromWire(decodeMessage('poolrpc.OrderMatchSignBegin', again))).toEqual(request)
  const onStream = encodeMessage('poolrpc.ServerAuctionMessage', {
    msg: { case: 'sign', value: signRequestToWire(request) },
  })
  // Twice: the second time what all traders are told is known.
  for (let i = 0; i < 2; i++) expect(toHex(encodeSignRequest(request).bytes)).toBe(toHex(onStream))
}

function read(item: Case): unknown {
  const bytes = fromHex(item.message_hex)
  return item.kind === 'prepare'
    ? proposalFromWire(decodeMessage('poolrpc.OrderMatchPrepare', bytes))
    : signRequestFromWire(decodeMessage('poolrpc.OrderMatchSignBegin', bytes))
}

const refusal = expect.objectContaining({ code: expect.stringMatching(/^(BAD_FIELD|MALFORMED_MESSAGE)$/) })

describe('messages the reference reads', () => {
  it.each(cases.filter((item) => item.stage === 'ok'))('$kind: $name', (item) => {
    if (REFUSED.has(item.name)) expect(() => read(item)).toThrow(refusal)
    else if (item.parsed === undefined) compareSignBegin(item, fromHex(item.message_hex))
    else comparePrepare(item.parsed, fromHex(item.message_hex))
  })
})

describe('messages the reference refuses or dies of', () => {
  it.each(cases.filter((item) => item.stage !== 'ok'))('$kind: $name', (item) => {
    expect(() => read(item)).toThrow(refusal)
  })
})

it('runs all there are', () => {
  expect(cases).toHaveLength(125)
  expect(cases.filter((item) => REFUSED.has(item.name))).toHaveLength(REFUSED.size)
})
