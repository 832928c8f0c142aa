import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { txidFromBytes } from '@tidepool/crypto'
import type { lnrpc } from '@tidepool/rpc'
import { until } from '../harness/until.ts'
import type { Contract } from './contract.ts'
import { acceptChannels, agree, CAPACITY, connect, openRequest, openUntilPending, register, shim } from './lease.ts'
import type { LeaseTerms } from './lease.ts'
import { planPayment } from './money.ts'
import { record, type Recording } from './words.ts'

type Events = Recording<lnrpc.ChannelEventUpdate>

interface Case extends Omit<LeaseTerms, 'thawHeight'> {
  readonly what: string
  /** Absolute for script-enforced leases, relative otherwise (trap 24). */
  readonly absolute: boolean
  /** What an acceptor and ListChannels say, when it is not the type asked for. */
  readonly shown: lnrpc.CommitmentType
  /** Opener's balance without push: capacity less commitment fee and anchors. */
  readonly openerBalance: bigint
}

const LEASE = 'SCRIPT_ENFORCED_LEASE'
const common = { announced: false, zeroConf: false, push: 0n, openerBalance: 996_530n }
const CASES: readonly Case[] = [
  {
    ...common,
    what: 'script-enforced, announced, with push',
    type: LEASE,
    shown: LEASE,
    absolute: true,
    announced: true,
    push: 50_000n,
  },
  { ...common, what: 'script-enforced, unannounced', type: LEASE, shown: LEASE, absolute: true },
  {
    ...common,
    what: 'no type named (anchors)',
    type: 'UNKNOWN_COMMITMENT_TYPE',
    shown: 'ANCHORS',
    absolute: false,
    announced: true,
  },
  {
    ...common,
    what: 'simple taproot',
    type: 'SIMPLE_TAPROOT',
    shown: 'SIMPLE_TAPROOT',
    absolute: false,
    openerBalance: 996_920n,
  },
]
const ZERO_CONF: readonly Case[] = [
  {
    ...common,
    what: 'zero-conf, script-enforced',
    type: LEASE,
    shown: LEASE,
    absolute: true,
    zeroConf: true,
    announced: true,
  },
  { ...common, what: 'zero-conf, anchors', type: 'ANCHORS', shown: 'ANCHORS', absolute: false, zeroConf: true },
  {
    ...common,
    what: 'zero-conf, simple taproot',
    type: 'SIMPLE_TAPROOT',
    shown: 'SIMPLE_TAPROOT',
    absolute: false,
    zeroConf: true,
    openerBalance: 996_920n,
  },
]
const DURATION = 40

const isAbout = (txid: string) => (event: lnrpc.ChannelEventUpdate) => {
  const { channel } = event
  switch (channel?.case) {
    case 'pendingOpenChannel':
      return txidFromBytes(channel.value.txid) === txid
    case 'openChannel':
    case 'closedChannel':
      return channel.value.channelPoint.startsWith(txid)
    case 'activeChannel': {
      const { fundingTxid } = channel.value
      return fundingTxid?.case === 'fundingTxidBytes' && txidFromBytes(fundingTxid.value) === txid
    }
    default:
      return false
  }
}

const typesAbout = (events: Events, txid: string): readonly string[] =>
  events.events.filter(isAbout(txid)).map((event) => event.type)

/** The proven sequence: keys, outpoint, shim, open, pending on both sides, and only then the money. */
export function leasedChannelsContract(nodes: () => Contract): void {
  describe('leased channels', () => {
    beforeAll(() => connect(nodes()))

    for (const each of CASES) {
      it(`open when the batch confirms: ${each.what}`, async () => {
        const flow = await openLease(nodes(), each)
        const { point, txid } = flow
        try {
          await expectPending(nodes(), each, point)
          expect(await nodes().chain.mempool()).toEqual([])
          await flow.publish()
          await expectCountdown(nodes(), point)
          for (const events of flow.events) {
            await events.next('active', (event) => event.type === 'ACTIVE_CHANNEL' && isAbout(txid)(event))
            expect(typesAbout(events, txid)).toEqual(['PENDING_OPEN_CHANNEL', 'OPEN_CHANNEL', 'ACTIVE_CHANNEL'])
          }
          await flow.stream.next('chan_open', (update) => update.update?.case === 'chanOpen')
          await expectOpen(nodes(), each, flow)
        } finally {
          flow.stop()
        }
      })
    }

    for (const each of ZERO_CONF) {
      it(`open at once: ${each.what}`, async () => {
        const flow = await openLease(nodes(), each)
        const { txid } = flow
        try {
          for (const events of flow.events) {
            await events.next('active', (event) => event.type === 'ACTIVE_CHANNEL' && isAbout(txid)(event))
          }
          const { pendingOpenChannels } = await nodes().maker.lightning.pendingChannels({})
          expect(pendingOpenChannels.map((pending) => pending.channel?.channelPoint)).not.toContain(flow.point)
          const alias = (await expectOpen(nodes(), each, flow)).chanId
          await flow.publish()
          await nodes().stack.mine(6)
          expect((await expectOpen(nodes(), each, flow)).chanId).toBe(alias)
        } finally {
          flow.stop()
        }
      })
    }

    afterAll(async () => {
      await nodes().stack.mine(1)
    })
  })
}

async function openLease(nodes: Contract, each: Case) {
  const { maker, taker } = nodes
  const tip = await nodes.chain.height()
  const agreement = await agree(nodes, { ...each, thawHeight: each.absolute ? tip + DURATION : DURATION })
  const payment = await planPayment(maker, [agreement.output])
  const events = [maker, taker].map((lnd) => record(lnd.lightning.subscribeChannelEvents({})))
  const acceptor = acceptChannels(taker)
  await register(taker, shim(agreement, 'taker', payment.txid))
  const { pending, stream } = await openUntilPending(
    maker,
    openRequest(nodes, agreement, shim(agreement, 'maker', payment.txid)),
  )
  // Trap 31: what became pending is compared with what was asked for.
  expect(`${txidFromBytes(pending.txid)}:${pending.outputIndex}`).toBe(`${payment.txid}:0`)
  const question = acceptor.questions[0]
  expect(question).toMatchObject({
    fundingAmt: CAPACITY,
    pushAmt: each.push * 1000n, // Trap 1: millisatoshi beside satoshi.
    channelFlags: each.announced ? 1 : 0,
    commitmentType: each.shown,
    wantsZeroConf: each.zeroConf,
  })
  expect(Buffer.from(question?.nodePubkey ?? []).toString('hex')).toBe(maker.node.nodeKey)
  for (const each of events) {
    await each.next('pending', (event) => event.type === 'PENDING_OPEN_CHANNEL' && isAbout(payment.txid)(event))
  }
  return {
    point: `${payment.txid}:0`,
    txid: payment.txid,
    agreement,
    events,
    stream,
    publish: payment.publish,
    stop: () => {
      acceptor.stop()
      stream.cancel()
      for (const each of events) each.cancel()
    },
  }
}

async function pendingOf(lightning: Contract['maker']['lightning'], point: string) {
  const { pendingOpenChannels } = await lightning.pendingChannels({})
  return pendingOpenChannels.find((pending) => pending.channel?.channelPoint === point)
}

async function expectPending(nodes: Contract, each: Case, point: string): Promise<void> {
  const opener = each.openerBalance - each.push
  const sides = [
    [nodes.maker, 'INITIATOR_LOCAL', opener, each.push],
    [nodes.taker, 'INITIATOR_REMOTE', each.push, opener],
  ] as const
  for (const [lnd, initiator, localBalance, remoteBalance] of sides) {
    const pending = await pendingOf(lnd.lightning, point)
    expect(pending?.channel).toMatchObject({
      capacity: CAPACITY,
      localBalance,
      remoteBalance,
      initiator,
      commitmentType: each.shown,
      private: !each.announced,
    })
    expect(pending).toMatchObject({ confirmationsUntilActive: 3, fundingExpiryBlocks: 2016 })
    const { chanBackup } = await lnd.lightning.exportChannelBackup({ chanPoint: chanPointOf(point) })
    expect(chanBackup.length).toBeGreaterThan(400)
  }
}

/** Nothing at depths one and two. */
async function expectCountdown(nodes: Contract, point: string): Promise<void> {
  for (const left of [2, 1]) {
    await nodes.stack.mine(1)
    for (const lnd of [nodes.maker, nodes.taker]) {
      await until('one confirmation more', async () => {
        const pending = await pendingOf(lnd.lightning, point)
        return pending?.confirmationsUntilActive === left
      })
    }
  }
  await nodes.stack.mine(1)
}

async function expectOpen(
  nodes: Contract,
  each: Case,
  flow: { readonly point: string; readonly agreement: { readonly terms: LeaseTerms } },
) {
  const opener = each.openerBalance - each.push
  const sides = [
    [nodes.maker, true, opener, each.push],
    [nodes.taker, false, each.push, opener],
  ] as const
  let shown: lnrpc.Channel | undefined
  for (const [lnd, initiator, localBalance, remoteBalance] of sides) {
    const channel = await until('the channel is listed', async () => {
      const { channels } = await lnd.lightning.listChannels({})
      return channels.find((open) => open.channelPoint === flow.point && open.active)
    })
    shown = channel
    expect(channel).toMatchObject({
      capacity: CAPACITY,
      localBalance,
      remoteBalance,
      initiator,
      private: !each.announced,
      commitmentType: each.shown,
      pushAmountSat: each.push,
      thawHeight: flow.agreement.terms.thawHeight,
      zeroConf: each.zeroConf,
    })
  }
  if (shown === undefined) throw new Error('no channel')
  return shown
}

function chanPointOf(point: string): lnrpc.ChannelPointInit {
  const [txid = '', index = '0'] = point.split(':')
  return { fundingTxid: { case: 'fundingTxidStr', value: txid }, outputIndex: Number(index) }
}
