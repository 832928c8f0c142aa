import { describe, expect, it } from 'vitest'
import {
  addressToScript,
  decodeTx,
  encodeTx,
  outPoint,
  satoshi,
  txidFromBytes,
  txidOf,
  txidToBytes,
  type Transaction,
} from '@tidepool/crypto'
import type { chainrpc } from '@tidepool/rpc'
import { until } from '../harness/until.ts'
import type { Contract } from './contract.ts'
import { planPayment, signWalletInput } from './money.ts'
import { random32, record, refused, settle, streamRefused } from './words.ts'

type ConfEvent = chainrpc.ConfEvent
const isConf = (event: ConfEvent): boolean => event.event?.case === 'conf'
const isReorg = (event: { readonly event: { readonly case: string } | undefined }): boolean =>
  event.event?.case === 'reorg'

/** Confirmation, spend and block streams: none sees the mempool, all survive a reorganisation. */
export function notificationsContract(nodes: () => Contract): void {
  const pay = async () => {
    const { maker } = nodes()
    const { addr } = await maker.walletKit.nextAddr({ type: 'TAPROOT_PUBKEY' })
    const script = addressToScript(addr, 'regtest')
    const payment = await planPayment(maker, [{ value: satoshi(200_000), script }])
    return { payment, script }
  }
  const hint = async () => (await nodes().chain.height()) - 1

  describe('confirmations', () => {
    it('come at the depth asked for, with the height of inclusion, and at once when registered late', async () => {
      const { notifier } = nodes().maker
      const { payment, script } = await pay()
      const heightHint = await hint()
      const txid = txidToBytes(payment.txid)
      const one = record(notifier.registerConfirmationsNtfn({ txid, script, numConfs: 1, heightHint }))
      const three = record(notifier.registerConfirmationsNtfn({ txid, script, numConfs: 3, heightHint }))
      const byScript = record(notifier.registerConfirmationsNtfn({ script, numConfs: 1, heightHint }))
      const signed = await payment.publish()
      await settle()
      expect([one.events, three.events, byScript.events]).toEqual([[], [], []])
      const height = await nodes().stack.mine(1)
      for (const stream of [one, byScript]) {
        const { event } = await stream.next('the first confirmation', isConf)
        if (event?.case !== 'conf') throw new Error('conf expected')
        expect(event.value.blockHeight).toBe(height)
        expect(txidOf(decodeTx(event.value.rawTx))).toBe(txidOf(signed))
      }
      await nodes().stack.mine(1)
      await settle()
      expect(three.events).toEqual([])
      await nodes().stack.mine(1)
      expect(await three.next('the third', isConf)).toMatchObject({ event: { value: { blockHeight: height } } })
      const late = record(notifier.registerConfirmationsNtfn({ txid, script, numConfs: 3, heightHint }))
      await late.next('the late one', isConf)
      for (const stream of [one, three, byScript, late]) stream.cancel()
    })

    it('wait for ever for a script the transaction does not have', async () => {
      const { payment } = await pay()
      await payment.publish()
      await nodes().stack.mine(1)
      const script = new Uint8Array(34).fill(0x20, 1)
      const request = { txid: txidToBytes(payment.txid), script, numConfs: 1, heightHint: await hint() }
      const stream = record(nodes().maker.notifier.registerConfirmationsNtfn(request))
      await settle()
      expect([stream.events, stream.ended()]).toEqual([[], undefined])
      stream.cancel()
    })

    it('are lost for good by a height hint that is too high (trap 16)', async () => {
      const { payment, script } = await pay()
      await payment.publish()
      await nodes().stack.mine(3)
      const height = (await nodes().chain.transaction(payment.txid))?.height ?? 0
      const txid = txidToBytes(payment.txid)
      // The node that published keeps watch by itself, so ask the other one.
      const { notifier } = nodes().taker
      // A block that the notifier connects after the registration is looked at whatever the hint says.
      const tip = record(notifier.registerBlockEpochNtfn({}))
      await tip.next('the tip', (block) => block.height >= height + 2)
      tip.cancel()
      const tooHigh = record(notifier.registerConfirmationsNtfn({ txid, script, numConfs: 1, heightHint: height + 1 }))
      await settle()
      expect(tooHigh.events).toEqual([])
      const right = record(notifier.registerConfirmationsNtfn({ txid, script, numConfs: 1, heightHint: height }))
      await settle()
      expect(right.events).toEqual([])
      for (const stream of [tooHigh, right]) stream.cancel()
    })

    it('are taken back and given again in a reorganisation', async () => {
      const { payment, script } = await pay()
      const heightHint = await hint()
      const { notifier } = nodes().maker
      const request = { txid: txidToBytes(payment.txid), script, numConfs: 1, heightHint }
      const stream = record(notifier.registerConfirmationsNtfn(request))
      const blocks = record(notifier.registerBlockEpochNtfn({}))
      await payment.publish()
      await nodes().stack.mine(1)
      await stream.next('conf', isConf)
      const before = await nodes().chain.height()
      await nodes().chain.reorg(1)
      await nodes().stack.synced()
      await stream.next('reorg', isReorg)
      await nodes().stack.mine(1)
      const again = (): number => stream.events.filter(isConf).length
      await stream.next('a second conf', () => again() === 2)
      // Trap 18: heights repeat, and only the new blocks are told.
      expect(blocks.events.filter((block) => block.height === before).length).toBeGreaterThanOrEqual(2)
      for (const each of [stream, blocks]) each.cancel()
    })

    it('end by themselves 144 blocks later (trap 17)', async () => {
      const { payment, script } = await pay()
      const request = { txid: txidToBytes(payment.txid), script, numConfs: 1, heightHint: await hint() }
      const stream = record(nodes().maker.notifier.registerConfirmationsNtfn(request))
      await payment.publish()
      await nodes().stack.mine(1)
      await stream.next('conf', isConf)
      await nodes().stack.mine(146)
      await until('the stream has ended well', () => stream.ended() === null)
    })

    it('are refused without script, hint, or a sane depth', async () => {
      const { notifier } = nodes().maker
      const script = new Uint8Array(34)
      const good = { txid: random32(), script, numConfs: 1, heightHint: 1 }
      const ask = (change: chainrpc.ConfRequestInit) => notifier.registerConfirmationsNtfn({ ...good, ...change })
      await streamRefused(ask({ script: new Uint8Array() }), 'an output script must be provided')
      for (const numConfs of [0, 145]) {
        await streamRefused(ask({ numConfs }), 'number of confirmations must be between 1 and 144')
      }
      await streamRefused(ask({ heightHint: 0 }), 'a height hint greater than 0 must be provided')
    })
  })

  describe('spends', () => {
    it('come when mined, with the outpoint that was spent (trap 3)', async () => {
      const { maker } = nodes()
      const { payment, script } = await pay()
      const funding = await payment.publish()
      await nodes().stack.mine(1)
      const outpoint = { hash: txidToBytes(payment.txid), index: 0 }
      const heightHint = await nodes().chain.height()
      const stream = record(maker.notifier.registerSpendNtfn({ outpoint, script, heightHint }))
      const spending = await spendFirst(nodes(), funding)
      await settle()
      expect(stream.events).toEqual([])
      const height = await nodes().stack.mine(1)
      const { event } = await stream.next('the spend', (each) => each.event?.case === 'spend')
      if (event?.case !== 'spend') throw new Error('spend expected')
      expect(event.value).toMatchObject({ spendingHeight: height, spendingInputIndex: 0, spendingOutpoint: outpoint })
      expect(txidFromBytes(event.value.spendingTxHash)).toBe(txidOf(spending))
      expect(txidOf(decodeTx(event.value.rawSpendingTx))).toBe(txidOf(spending))
      const late = record(maker.notifier.registerSpendNtfn({ outpoint, script, heightHint }))
      await late.next('the late one', (each) => each.event?.case === 'spend')
      for (const each of [stream, late]) each.cancel()
    })

    it('are refused without script or hint, and by taproot script alone', async () => {
      const { notifier } = nodes().maker
      const script = Uint8Array.from([0x51, 0x20, ...random32()])
      await streamRefused(notifier.registerSpendNtfn({ heightHint: 1 }), 'an output script must be provided')
      await streamRefused(notifier.registerSpendNtfn({ script }), 'a height hint greater than 0 must be provided')
      await streamRefused(
        notifier.registerSpendNtfn({ script, heightHint: 1 }),
        'cannot register witness v1 spend request without outpoint',
      )
    })
  })

  describe('blocks', () => {
    it('start with the tip, or after a block that is named in full', async () => {
      const { notifier } = nodes().maker
      const tip = await nodes().chain.height()
      const fromTip = record(notifier.registerBlockEpochNtfn({}))
      const first = await fromTip.next('the tip', (block) => block.height === tip)
      await nodes().stack.mine(2)
      await fromTip.next('two more', (block) => block.height === tip + 2)
      expect(fromTip.events.map((block) => block.height)).toEqual([tip, tip + 1, tip + 2])
      const resumed = record(notifier.registerBlockEpochNtfn({ hash: first.hash, height: tip }))
      await resumed.next('what was missed', (block) => block.height === tip + 2)
      expect(resumed.events.map((block) => block.height)).toEqual([tip + 1, tip + 2])
      for (const stream of [fromTip, resumed]) stream.cancel()
    })

    it('say nothing about a block nobody knows', async () => {
      const stream = record(nodes().maker.notifier.registerBlockEpochNtfn({ hash: random32(), height: 5 }))
      await settle()
      expect([stream.events, stream.ended()]).toEqual([[], undefined])
      stream.cancel()
    })

    it('are found by height and hash', async () => {
      const { chainKit } = nodes().maker
      const best = await chainKit.getBestBlock({})
      const { blockHash } = await chainKit.getBlockHash({ blockHeight: BigInt(best.blockHeight) })
      expect(blockHash).toEqual(best.blockHash)
      const { rawBlock } = await chainKit.getBlock({ blockHash })
      expect(rawBlock.length).toBeGreaterThan(80)
      const tooHigh = nodes().chain.kind === 'btcd' ? /-1: Block number out of range/ : '-8: Block height out of range'
      await refused(chainKit.getBlockHash({ blockHeight: 999_999n }), tooHigh)
    })
  })
}

/** Spends the first output of a payment, which went to the wallet, back to the wallet. */
async function spendFirst(nodes: Contract, funding: Transaction): Promise<Transaction> {
  const [own, change] = funding.outputs
  if (own === undefined || change === undefined) throw new Error('two outputs expected')
  const unsigned: Transaction = {
    version: 2,
    lockTime: 0,
    inputs: [
      { prevout: outPoint(txidOf(funding), 0), scriptSig: new Uint8Array(), sequence: 0xffff_fffd, witness: [] },
    ],
    outputs: [{ value: satoshi(own.value - 2000n), script: change.script }],
  }
  const signed = await signWalletInput(nodes.maker, unsigned, own)
  await nodes.maker.walletKit.publishTransaction({ txHex: encodeTx(signed, { witness: true }) })
  return signed
}
