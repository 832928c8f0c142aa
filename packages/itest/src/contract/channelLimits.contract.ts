import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { toHex, txidFromBytes } from '@tidepool/crypto'
import { until } from '../harness/until.ts'
import type { Contract } from './contract.ts'
import {
  abandon,
  acceptChannels,
  agree,
  altered,
  cancelShim,
  chanPoint,
  connect,
  noIntent,
  openRequest,
  openUntilPending,
  register,
  shim,
  type LeaseTerms,
} from './lease.ts'
import { random32, record, refused, settle } from './words.ts'

/** As many as may be pending when another one arrives, and one more. */
const MANY = 51

export function channelLimitsContract(nodes: () => Contract): void {
  const terms = async (): Promise<LeaseTerms> => ({
    type: 'SCRIPT_ENFORCED_LEASE',
    announced: false,
    zeroConf: false,
    push: 0n,
    thawHeight: (await nodes().chain.height()) + 40,
  })

  describe('limits of leased channels', () => {
    beforeAll(async () => {
      await connect(nodes())
      await connect(nodes(), 'poor')
    })

    it('an opener without coins cannot announce a channel, and keeps the intent (trap 13)', async () => {
      const { poor, taker } = nodes()
      const agreement = await agree({ ...nodes(), maker: poor }, { ...(await terms()), announced: true })
      const txid = txidFromBytes(random32())
      await register(taker, shim(agreement, 'taker', txid))
      const funding = shim(agreement, 'maker', txid)
      await refused(
        openUntilPending(poor, openRequest(nodes(), agreement, funding)),
        'reserved wallet balance invalidated: transaction would leave insufficient funds for fee bumping anchor ' +
          'channel closings (see debug log for details)',
      )
      await cancelShim(poor, agreement.pendingId)
      const quiet = { ...openRequest(nodes(), agreement, funding), private: true }
      const { stream } = await openUntilPending(poor, quiet)
      stream.cancel()
      const { requiredReserve } = await poor.walletKit.requiredReserve({ additionalPublicChannels: 1 })
      expect(requiredReserve).toBe(10_000n)
      await abandon({ ...nodes(), maker: poor }, chanPoint(txid))
    })

    it('a disconnected peer ends the opening, and the responder keeps its shim', async () => {
      const { poor, taker } = nodes()
      const agreement = await agree({ ...nodes(), maker: poor }, await terms())
      const txid = txidFromBytes(random32())
      const acceptor = acceptChannels(taker, () => undefined)
      await register(taker, shim(agreement, 'taker', txid))
      const opening = openUntilPending(poor, openRequest(nodes(), agreement, shim(agreement, 'maker', txid)))
      const ended = refused(opening, 'peer disconnected')
      await until('the question is asked', () => acceptor.questions.length > 0)
      await poor.lightning.disconnectPeer({ pubKey: taker.node.nodeKey })
      await ended
      acceptor.stop()
      await refused(cancelShim(poor, agreement.pendingId), noIntent(agreement.pendingId))
      await cancelShim(taker, agreement.pendingId)
      await refused(
        openUntilPending(poor, openRequest(nodes(), agreement, shim(agreement, 'maker', txid))),
        `peer ${taker.node.nodeKey} is not online`,
      )
      await connect(nodes(), 'poor')
    })

    it('one unanswered question holds up every other opening (trap 14)', async () => {
      const { maker, poor, taker } = nodes()
      const slow = await agree({ ...nodes(), maker: poor }, await terms())
      const quick = await agree(nodes(), await terms())
      const [first, second] = [txidFromBytes(random32()), txidFromBytes(random32())]
      let answerAtLast: () => void = () => undefined
      const thought = new Promise<void>((resolve) => {
        answerAtLast = resolve
      })
      const acceptor = acceptChannels(taker, async (question) => {
        if (toHex(question.pendingChanId) === toHex(slow.pendingId)) await thought
        return { accept: true }
      })
      await register(taker, shim(slow, 'taker', first))
      await register(taker, shim(quick, 'taker', second))
      const waiting = openUntilPending(poor, openRequest(nodes(), slow, shim(slow, 'maker', first)))
      await until('the first question is asked', () => acceptor.questions.length === 1)
      const opening = openUntilPending(maker, openRequest(nodes(), quick, shim(quick, 'maker', second)))
      await settle()
      expect(acceptor.questions.length).toBe(1)
      answerAtLast()
      for (const { stream } of await Promise.all([waiting, opening])) stream.cancel()
      expect(acceptor.questions.length).toBe(2)
      acceptor.stop()
      await abandon({ ...nodes(), maker: poor }, chanPoint(first))
      await abandon(nodes(), chanPoint(second))
    })

    it('events have no backlog: who subscribes late must ask (trap 19)', async () => {
      const { maker, taker } = nodes()
      const agreement = await agree(nodes(), await terms())
      const txid = txidFromBytes(random32())
      await register(taker, shim(agreement, 'taker', txid))
      const { stream } = await openUntilPending(maker, openRequest(nodes(), agreement, shim(agreement, 'maker', txid)))
      stream.cancel()
      const events = record(taker.lightning.subscribeChannelEvents({}))
      await settle()
      expect(events.events).toEqual([])
      events.cancel()
      const { pendingOpenChannels } = await taker.lightning.pendingChannels({})
      expect(pendingOpenChannels.map((each) => each.channel?.channelPoint)).toContain(`${txid}:0`)
      await abandon(nodes(), chanPoint(txid))
    })

    it('the anchor reserve binds SendOutputs, not FundPsbt (trap 35)', async () => {
      const { walletKit, lightning } = nodes().maker
      const balance = await lightning.walletBalance({})
      expect(balance.reservedBalanceAnchorChan).toBeGreaterThanOrEqual(10_000n)
      const value = balance.confirmedBalance - 8000n
      const { addr } = await walletKit.nextAddr({ type: 'WITNESS_PUBKEY_HASH' })
      const script = Uint8Array.from([0, 32, ...random32()])
      await refused(
        walletKit.sendOutputs({ satPerKw: 253n, minConfs: 1, outputs: [{ value, pkScript: script }] }),
        'the outputs to be sent would leave insufficient reserves for anchor channels in the wallet',
      )
      const { lockedUtxos } = await walletKit.fundPsbt({
        template: { case: 'raw', value: { outputs: new Map([[addr, value]]) } },
        fees: { case: 'satPerVbyte', value: 1n },
        minConfs: 1,
      })
      for (const { id, outpoint } of lockedUtxos) await walletKit.releaseOutput({ id, outpoint })
    })

    it('more than fifty pending channels block the next (trap 15)', { timeout: 120_000 }, async () => {
      const { maker, taker } = nodes()
      const txid = txidFromBytes(random32())
      const one = await agree(nodes(), await terms())
      const open = async (index: number): Promise<void> => {
        const agreement = { ...one, pendingId: random32() }
        await register(taker, shim(agreement, 'taker', txid, index))
        const request = openRequest(nodes(), agreement, shim(agreement, 'maker', txid, index))
        const { stream } = await openUntilPending(maker, request)
        stream.cancel()
      }
      await Promise.all(Array.from({ length: MANY }, (_, index) => open(index)))
      const last = { ...one, pendingId: random32() }
      await register(taker, shim(last, 'taker', txid, MANY))
      await refused(
        openUntilPending(maker, openRequest(nodes(), last, shim(last, 'maker', txid, MANY))),
        `received funding error from ${taker.node.nodeKey}: chan_id=${toHex(last.pendingId)}, ` +
          'err=Number of pending channels exceed maximum',
      )
      await cancelShim(taker, last.pendingId)
      for (let index = 0; index < MANY; index++) await abandon(nodes(), chanPoint(txid, index))
    })

    it('a link that goes and comes back makes channels inactive and active again', async () => {
      const { maker, taker } = nodes()
      const { channels } = await maker.lightning.listChannels({ activeOnly: true })
      expect(channels.length).toBeGreaterThan(0)
      const events = record(taker.lightning.subscribeChannelEvents({}))
      await settle()
      await maker.lightning.disconnectPeer({ pubKey: taker.node.nodeKey })
      await events.next('inactive', (event) => event.type === 'INACTIVE_CHANNEL')
      await connect(nodes())
      await events.next('active', (event) => event.type === 'ACTIVE_CHANNEL')
      events.cancel()
    })

    it('no shim is bound to a peer: whoever names its id uses it', async () => {
      const { poor, taker } = nodes()
      const agreement = await agree(nodes(), await terms())
      const txid = txidFromBytes(random32())
      await register(taker, shim(agreement, 'taker', txid))
      const { rawKeyBytes, keyLoc } = await poor.walletKit.deriveNextKey({ keyFamily: 0 })
      const localKey = { rawKeyBytes, keyLoc: keyLoc ?? {} }
      const stolen = altered(shim(agreement, 'maker', txid), { localKey })
      const { stream } = await openUntilPending(poor, openRequest(nodes(), agreement, stolen))
      stream.cancel()
      await refused(cancelShim(taker, agreement.pendingId), noIntent(agreement.pendingId))
      await abandon({ ...nodes(), maker: poor }, chanPoint(txid))
    })

    afterAll(async () => {
      await nodes().stack.mine(1)
    })
  })
}
