import { beforeAll, describe, expect, it } from 'vitest'
import { toHex, txidFromBytes } from '@tidepool/crypto'
import type { lnrpc } from '@tidepool/rpc'
import type { Contract } from './contract.ts'
import {
  abandon,
  acceptChannels,
  agree,
  altered,
  CAPACITY,
  cancelShim,
  chanPoint,
  connect,
  noIntent,
  openRequest,
  openUntilPending,
  register,
  shim,
} from './lease.ts'
import { random32, record, refused } from './words.ts'

const LEASE = { type: 'SCRIPT_ENFORCED_LEASE', announced: false, zeroConf: false, push: 0n } as const

/** Refusals by text, and what is left behind after each. */
export function channelRefusalsContract(nodes: () => Contract): void {
  const prepared = async (change: Partial<lnrpc.OpenChannelRequestInit> = {}) => {
    const thawHeight = (await nodes().chain.height()) + 40
    const agreement = await agree(nodes(), { ...LEASE, thawHeight })
    const txid = txidFromBytes(random32())
    const request = { ...openRequest(nodes(), agreement, shim(agreement, 'maker', txid)), ...change }
    return { agreement, txid, request }
  }

  describe('refused shims', () => {
    it('names what is missing', async () => {
      const { agreement, txid } = await prepared()
      const { taker } = nodes()
      const good = shim(agreement, 'taker', txid)
      const foreign = await nodes().maker.walletKit.deriveKey({ keyFamily: 0, keyIndex: 3000 })
      const keyLoc = agreement.takerKey.keyLoc ?? {}
      const table: readonly (readonly [lnrpc.ChanPointShimInit, string])[] = [
        [{ remoteKey: new Uint8Array() }, 'remote key not set'],
        [{ localKey: undefined }, 'local key desc not set'],
        [{ localKey: { rawKeyBytes: agreement.takerKey.rawKeyBytes } }, 'local key loc not set'],
        [{ localKey: { keyLoc } }, 'local raw key bytes not set'],
        [{ chanPoint: undefined }, 'chan point not set'],
        [{ pendingChanId: random32().subarray(1) }, 'pending chan ID not set'],
        [{ localKey: { rawKeyBytes: foreign.rawKeyBytes, keyLoc } }, 'KeyLocator does not match attached raw pubkey'],
      ]
      for (const [change, text] of table) await refused(register(taker, altered(good, change)), text)
    })

    it('knows an id once, and nothing after its cancellation', async () => {
      const { agreement, txid } = await prepared()
      const { taker } = nodes()
      const good = shim(agreement, 'taker', txid)
      await register(taker, good)
      const id = toHex(agreement.pendingId)
      await refused(register(taker, good), `duplicate pending channel ID: already has intent registered: ${id}`)
      await cancelShim(taker, agreement.pendingId)
      await refused(cancelShim(taker, agreement.pendingId), noIntent(agreement.pendingId))
    })

    it('takes amounts and thaw heights of zero without a word', async () => {
      const { agreement, txid } = await prepared()
      const { taker } = nodes()
      for (const change of [{ amt: 0n }, { thawHeight: 0 }]) {
        await register(taker, altered(shim(agreement, 'taker', txid), change))
        await cancelShim(taker, agreement.pendingId)
      }
    })
  })

  describe('refused openings', () => {
    beforeAll(() => connect(nodes()))

    it('says why, and leaves no intent on the opener', async () => {
      const offline = '0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798'
      const table: readonly (readonly [Partial<lnrpc.OpenChannelRequestInit>, string])[] = [
        [
          { pushSat: CAPACITY },
          'amount pushed to remote peer for initial state must be below the local funding amount',
        ],
        [{ localFundingAmount: 19_999n }, 'channel is too small, the minimum channel size is: 20000 SAT'],
        [{ commitmentType: 'SIMPLE_TAPROOT', private: false }, 'taproot channels must be private'],
        [{ commitmentType: 'UNKNOWN_COMMITMENT_TYPE', zeroConf: true }, 'use anchors for zero-conf'],
        [{ nodePubkey: Buffer.from(nodes().maker.node.nodeKey, 'hex') }, 'cannot open channel to self'],
        [{ nodePubkey: Buffer.from(offline, 'hex') }, `peer ${offline} is not online`],
      ]
      for (const [change, text] of table) {
        const { agreement, request } = await prepared(change)
        await refused(openUntilPending(nodes().maker, request), text)
        await refused(cancelShim(nodes().maker, agreement.pendingId), noIntent(agreement.pendingId))
      }
    })

    it('compares its own amount with the shim', async () => {
      const { request } = await prepared({ localFundingAmount: 900_000n })
      await refused(
        openUntilPending(nodes().maker, request),
        "intent doesn't match canned assembler: local_amt=0.00900000 BTC, remote_amt=0 BTC, funding_amt=0.01000000 BTC",
      )
    })
  })

  describe('acceptors', () => {
    beforeAll(() => connect(nodes()))

    const asked = async (
      answer: ((question: lnrpc.ChannelAcceptRequest) => lnrpc.ChannelAcceptResponseInit | undefined) | undefined,
      change: Partial<lnrpc.OpenChannelRequestInit>,
      text: string,
    ): Promise<void> => {
      const { agreement, txid, request } = await prepared(change)
      const { maker, taker } = nodes()
      const acceptor = answer === undefined ? undefined : acceptChannels(taker, answer)
      await new Promise((resolve) => setTimeout(resolve, 200))
      await register(taker, shim(agreement, 'taker', txid))
      const id = toHex(agreement.pendingId)
      try {
        const wanted = `received funding error from ${taker.node.nodeKey}: chan_id=${id}, err=${text}`
        await refused(openUntilPending(maker, request), wanted)
      } finally {
        acceptor?.stop()
      }
      await refused(cancelShim(maker, agreement.pendingId), noIntent(agreement.pendingId))
      await cancelShim(taker, agreement.pendingId)
    }

    it('pass their text on to the opener', () =>
      asked(() => ({ accept: false, error: 'invalid push amount 1' }), {}, 'invalid push amount 1'))

    it('reject without a text, and by contradicting themselves', async () => {
      await asked(() => ({ accept: false }), {}, 'channel rejected')
      await asked(() => ({ accept: true, error: 'oops' }), {}, 'channel rejected')
      await asked(() => ({ accept: true, zeroConf: true, minAcceptDepth: 1 }), { zeroConf: true }, 'channel rejected')
    })

    it('must be there for zero-conf channels, and say so (trap 22)', async () => {
      await asked(undefined, { zeroConf: true }, 'channel rejected')
      await asked(() => ({ accept: true }), { zeroConf: true }, 'funding failed due to internal error')
    })

    it('must answer within 15 seconds (trap 14)', { timeout: 60_000 }, async () => {
      const start = Date.now()
      await asked(() => undefined, {}, 'channel rejected')
      expect(Date.now() - start).toBeGreaterThan(14_000)
    })
  })

  describe('abandoning', () => {
    beforeAll(() => connect(nodes()))

    it('takes a flag, a pending channel and a thaw height (trap 11)', async () => {
      const { agreement, txid, request } = await prepared()
      const { maker, taker } = nodes()
      await register(taker, shim(agreement, 'taker', txid))
      const { stream } = await openUntilPending(maker, request)
      stream.cancel()
      const channelPoint = chanPoint(txid)
      await refused(
        maker.lightning.abandonChannel({ channelPoint }),
        'AbandonChannel RPC call only available in dev builds',
      )
      const events = record(maker.lightning.subscribeChannelEvents({}))
      await abandon(nodes(), channelPoint)
      const closed = await events.next('closed', (event) => event.type === 'CLOSED_CHANNEL')
      expect(closed.channel).toMatchObject({
        case: 'closedChannel',
        value: {
          channelPoint: `${txid}:0`,
          closeType: 'ABANDONED',
          closingTxHash: '00'.repeat(32),
          capacity: CAPACITY,
          openInitiator: 'INITIATOR_LOCAL',
        },
      })
      events.cancel()
      await abandon(nodes(), channelPoint)
      const { channels } = await maker.lightning.closedChannels({ abandoned: true })
      expect(channels.map((channel) => channel.channelPoint)).toContain(`${txid}:0`)
    })

    it('does not know channels that never were', async () => {
      const { txid } = await prepared()
      await refused(
        nodes().maker.lightning.abandonChannel({ channelPoint: chanPoint(txid), pendingFundingShimOnly: true }),
        /unable to find closed channel/,
      )
      await refused(
        nodes().maker.lightning.exportChannelBackup({ chanPoint: chanPoint(txid) }),
        'unable to find target channel',
      )
    })

    it('needs the third flag for zero-conf channels', async () => {
      const { maker, taker } = nodes()
      const { agreement, txid, request } = await prepared({ zeroConf: true })
      const acceptor = acceptChannels(taker)
      await register(taker, shim(agreement, 'taker', txid))
      const { stream } = await openUntilPending(maker, request)
      await stream.next('chan_open', (update) => update.update?.case === 'chanOpen')
      acceptor.stop()
      await refused(
        maker.lightning.abandonChannel({ channelPoint: chanPoint(txid), pendingFundingShimOnly: true }),
        `channel ${txid}:0 is not externally funded or not pending`,
      )
      await abandon(nodes(), chanPoint(txid), true)
    })
  })
}
