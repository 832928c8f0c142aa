import { beforeAll, describe, expect, it } from 'vitest'
import { toHex, txidFromBytes, type Txid } from '@tidepool/crypto'
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
  type Agreement,
} from './lease.ts'
import { random32, refused } from './words.ts'

const DURATION = 40
const INTERNAL = 'funding failed due to internal error'
const CLAIMED_TWICE = 'duplicate pending channel ID: already has intent registered: '

const fromPeer = (nodes: Contract, agreement: Agreement, text: string): string =>
  `received funding error from ${nodes.taker.node.nodeKey}: chan_id=${toHex(agreement.pendingId)}, err=${text}`

async function lease(nodes: Contract, thaw?: number): Promise<Agreement> {
  const thawHeight = thaw ?? (await nodes.chain.height()) + DURATION
  return agree(nodes, { type: 'SCRIPT_ENFORCED_LEASE', announced: false, zeroConf: false, push: 0n, thawHeight })
}

/** No trap needs the transaction itself. */
const unmade = (): Txid => txidFromBytes(random32())

/** What lnd does with funding intents when something goes wrong (lnd 11.2, 11.4): all of it cost somebody money once. */
export function channelTrapsContract(nodes: () => Contract): void {
  describe('traps of leased channels', () => {
    beforeAll(() => connect(nodes()))

    it('trap 31: an intent registered on the opener silently replaces the shim of OpenChannel', async () => {
      const agreement = await lease(nodes())
      const [a, b] = [unmade(), unmade()]
      const { maker, taker } = nodes()
      await register(taker, shim(agreement, 'taker', a))
      await register(maker, shim(agreement, 'maker', a))
      const request = openRequest(nodes(), agreement, shim(agreement, 'maker', b))
      const { pending, stream } = await openUntilPending(maker, request)
      expect(txidFromBytes(pending.txid)).toBe(a)
      stream.cancel()
      await abandon(nodes(), chanPoint(a))
    })

    it('trap 10: a failed open leaves its intent, and a retry under the same id runs into it', async () => {
      const forgotten = await lease(nodes(), 0)
      const { maker, taker } = nodes()
      const first = unmade()
      const text = 'missing absolute expiration for script enforced lease commitment type'
      await refused(openUntilPending(maker, openRequest(nodes(), forgotten, shim(forgotten, 'maker', first))), text)
      const thawHeight = (await nodes().chain.height()) + DURATION
      const mended = { ...forgotten, terms: { ...forgotten.terms, thawHeight } }
      const second = unmade()
      await register(taker, shim(mended, 'taker', second))
      const request = openRequest(nodes(), mended, shim(mended, 'maker', second))
      await refused(openUntilPending(maker, request), text)
      await cancelShim(maker, mended.pendingId)
      const { pending, stream } = await openUntilPending(maker, request)
      expect(txidFromBytes(pending.txid)).toBe(second)
      stream.cancel()
      await abandon(nodes(), chanPoint(second))
    })

    it('trap 32: a lease without shim fails and leaves an intent on the responder', async () => {
      const agreement = await lease(nodes())
      const { maker, taker } = nodes()
      const txid = unmade()
      const request = openRequest(nodes(), agreement, shim(agreement, 'maker', txid))
      await refused(openUntilPending(maker, request), fromPeer(nodes(), agreement, INTERNAL))
      await refused(cancelShim(maker, agreement.pendingId), noIntent(agreement.pendingId))
      const id = toHex(agreement.pendingId)
      await refused(register(taker, shim(agreement, 'taker', txid)), CLAIMED_TWICE + id)
      await cancelShim(taker, agreement.pendingId)
      await register(taker, shim(agreement, 'taker', txid))
      const { stream } = await openUntilPending(maker, request)
      stream.cancel()
      await abandon(nodes(), chanPoint(txid))
    })

    it('trap 24: lease expiries that differ are refused, and the shim outlives the failed open', async () => {
      const agreement = await lease(nodes())
      const { maker, taker } = nodes()
      const txid = unmade()
      const thawHeight = agreement.terms.thawHeight + 1
      await register(taker, altered(shim(agreement, 'taker', txid), { thawHeight }))
      await refused(
        openUntilPending(maker, openRequest(nodes(), agreement, shim(agreement, 'maker', txid))),
        fromPeer(nodes(), agreement, INTERNAL),
      )
      await refused(cancelShim(maker, agreement.pendingId), noIntent(agreement.pendingId))
      await cancelShim(taker, agreement.pendingId)
    })

    it('lets relative thaw heights differ, each side keeping its own', async () => {
      const terms = { type: 'UNKNOWN_COMMITMENT_TYPE', announced: false, zeroConf: false, push: 0n } as const
      const agreement = await agree(nodes(), { ...terms, thawHeight: 30 })
      const { maker, taker } = nodes()
      const txid = unmade()
      await register(taker, altered(shim(agreement, 'taker', txid), { thawHeight: 31 }))
      const { stream } = await openUntilPending(maker, openRequest(nodes(), agreement, shim(agreement, 'maker', txid)))
      stream.cancel()
      await abandon(nodes(), chanPoint(txid))
    })

    it('trap 9: the responder trusts the opener on amount, outpoint and key', async () => {
      const { maker, taker } = nodes()
      const stranger = await maker.walletKit.deriveKey({ keyFamily: 0, keyIndex: 5000 })
      for (const [what, change] of [
        ['amount', { amt: 900_000n }],
        ['outpoint', { chanPoint: chanPoint(txidFromBytes(random32()), 3) }],
        ['peer key', { remoteKey: stranger.rawKeyBytes }],
      ] as const) {
        const agreement = await lease(nodes())
        const txid = unmade()
        await register(taker, altered(shim(agreement, 'taker', txid), change))
        const request = openRequest(nodes(), agreement, shim(agreement, 'maker', txid))
        const { pending, stream } = await openUntilPending(maker, request)
        expect(txidFromBytes(pending.txid), what).toBe(txid)
        stream.cancel()
        await abandon(nodes(), chanPoint(txid))
      }
    })

    it('refuses an opener whose shim has another peer key, and a taproot shim without musig2', async () => {
      const { maker, taker } = nodes()
      const stranger = await maker.walletKit.deriveKey({ keyFamily: 0, keyIndex: 5000 })
      const agreement = await lease(nodes())
      const txid = unmade()
      await register(taker, shim(agreement, 'taker', txid))
      const wrong = altered(shim(agreement, 'maker', txid), { remoteKey: stranger.rawKeyBytes })
      await refused(
        openUntilPending(maker, openRequest(nodes(), agreement, wrong)),
        fromPeer(nodes(), agreement, INTERNAL),
      )
      for (const lnd of [maker, taker])
        await refused(cancelShim(lnd, agreement.pendingId), noIntent(agreement.pendingId))

      const terms = { type: 'SIMPLE_TAPROOT', announced: false, zeroConf: false, push: 0n, thawHeight: 30 } as const
      const taproot = await agree(nodes(), terms)
      const point = unmade()
      await register(taker, altered(shim(taproot, 'taker', point), { musig2: false }))
      const request = openRequest(nodes(), taproot, altered(shim(taproot, 'maker', point), { musig2: false }))
      await refused(openUntilPending(maker, request), fromPeer(nodes(), taproot, INTERNAL))
      for (const lnd of [maker, taker]) await refused(cancelShim(lnd, taproot.pendingId), noIntent(taproot.pendingId))
    })

    it('trap 11: an abandoned outpoint cannot be opened again, a new one under the same id can', async () => {
      const agreement = await lease(nodes())
      const { maker, taker } = nodes()
      const outpoints = [unmade(), unmade()]
      for (const txid of outpoints) {
        await register(taker, shim(agreement, 'taker', txid))
        const request = openRequest(nodes(), agreement, shim(agreement, 'maker', txid))
        const { pending, stream } = await openUntilPending(maker, request)
        expect(txidFromBytes(pending.txid)).toBe(txid)
        stream.cancel()
        await abandon(nodes(), chanPoint(txid))
        for (const lnd of [maker, taker]) {
          await refused(cancelShim(lnd, agreement.pendingId), noIntent(agreement.pendingId))
        }
      }
      const [again] = outpoints
      if (again === undefined) return
      await register(taker, shim(agreement, 'taker', again))
      await refused(
        openUntilPending(maker, openRequest(nodes(), agreement, shim(agreement, 'maker', again))),
        fromPeer(nodes(), agreement, INTERNAL),
      )
      for (const lnd of [maker, taker])
        await refused(cancelShim(lnd, agreement.pendingId), noIntent(agreement.pendingId))
    })

    it('loses registered shims in a restart, and keeps pending channels', async () => {
      const agreement = await lease(nodes())
      const txid = unmade()
      await register(nodes().taker, shim(agreement, 'taker', txid))
      await restart(nodes, 'taker')
      await refused(cancelShim(nodes().taker, agreement.pendingId), noIntent(agreement.pendingId))
      await register(nodes().taker, shim(agreement, 'taker', txid))
      const acceptor = acceptChannels(nodes().taker)
      const request = openRequest(nodes(), agreement, shim(agreement, 'maker', txid))
      const { stream } = await openUntilPending(nodes().maker, request)
      stream.cancel()
      acceptor.stop()
      await restart(nodes, 'maker')
      for (const lnd of [nodes().maker, nodes().taker]) {
        const { pendingOpenChannels } = await lnd.lightning.pendingChannels({})
        expect(pendingOpenChannels.map((each) => each.channel?.channelPoint)).toContain(`${txid}:0`)
      }
      await abandon(nodes(), chanPoint(txid))
    })
  })
}

async function restart(nodes: () => Contract, name: 'maker' | 'taker'): Promise<void> {
  await nodes().stack.nodes[name].stop()
  await nodes().stack.nodes[name].start()
  await connect(nodes())
}
