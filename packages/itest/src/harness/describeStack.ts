import { describe, expect, it } from 'vitest'
import { satoshi, txid } from '@tidepool/crypto'
import { until } from './until.ts'
import { useStack, type StackKind } from './useStack.ts'

/** What scenarios rely on, whichever kind of stack they run on. */
export const describeStack = (kind: StackKind) =>
  describe(`the stack of ${kind}`, () => {
    const stack = useStack(kind, { nodes: ['maker', 'taker'], funding: 300_000_000n })

    it('has funded nodes at the tip', async () => {
      const height = await stack().chain.height()
      for (const node of Object.values(stack().nodes)) {
        const info = await node.rpc.lightning.getInfo({})
        expect(info).toMatchObject({ blockHeight: height, syncedToChain: true, identityPubkey: node.nodeKey })
        expect(info.uris).toEqual([node.uri])
        expect(await node.rpc.lightning.walletBalance({})).toMatchObject({ confirmedBalance: 300_000_000n })
        expect((await node.rpc.walletKit.estimateFee({ confTarget: 6 })).satPerKw).toBe(2500n)
      }
    })

    it('follows a transaction from the mempool into a block', async () => {
      const { maker, taker } = stack().nodes
      const { address } = await taker.rpc.lightning.newAddress({ type: 'WITNESS_PUBKEY_HASH' })
      const sent = await maker.rpc.lightning.sendCoins({ addr: address, amount: 1_000_000n, satPerVbyte: 10n })
      const id = txid(sent.txid)
      await until('the payment is in the mempool', async () => (await stack().chain.mempool()).includes(id))
      expect(await stack().chain.transaction(id)).toMatchObject({ height: undefined, confirmations: 0 })

      const height = await stack().mine(1)
      const found = await stack().chain.transaction(id)
      expect(found).toMatchObject({ height, confirmations: 1 })
      expect(found?.transaction.outputs.map((output) => output.value)).toContain(satoshi(1_000_000))
      expect((await stack().chain.block(height)).transactions).toContain(id)
      expect(await stack().chain.mempool()).toEqual([])
    })

    it('restarts a node that was killed', async () => {
      const { maker } = stack().nodes
      const key = maker.nodeKey
      await maker.kill()
      await expect(maker.rpc.lightning.getInfo({}, { deadlineMs: 1000 })).rejects.toThrow()
      await stack().mine(2)
      await maker.start()
      expect(maker.nodeKey).toBe(key)
      expect((await maker.rpc.lightning.getInfo({})).blockHeight).toBe(await stack().chain.height())
    })

    it('replaces blocks by a longer branch', async () => {
      const before = await stack().chain.height()
      const old = await stack().chain.block(before)
      expect(await stack().chain.reorg(2)).toBe(before + 1)
      await stack().synced()
      expect((await stack().chain.block(before)).hash).not.toBe(old.hash)
    })
  })
