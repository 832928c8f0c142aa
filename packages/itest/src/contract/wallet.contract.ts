import { describe, expect, it } from 'vitest'
import { addressToScript, decodeTx, itemAt, outPoint, satoshi, toHex, txidOf, txidToBytes } from '@tidepool/crypto'
import type { Contract } from './contract.ts'
import { random32, refused } from './words.ts'

const LOCK_ID = 'ede19a92ed321a4705f8a1cccc1d4f6182545d4bb4fae08bd5937831b7e38f98'
const someScript = (): Uint8Array => Uint8Array.from([0x00, 0x20, ...random32()])

export function walletContract(nodes: () => Contract): void {
  describe('SendOutputs', () => {
    it('pays, publishes and labels before it answers; our output is found by its script', async () => {
      const { maker } = nodes()
      const script = someScript()
      const { rawTx } = await maker.walletKit.sendOutputs({
        satPerKw: 1250n,
        outputs: [{ value: 300_000n, pkScript: script }],
        label: 'account',
        minConfs: 1,
      })
      const tx = decodeTx(rawTx)
      const txid = txidOf(tx)
      expect(tx.version).toBe(1)
      expect(tx.inputs.every((input) => input.sequence === 0xffff_ffff)).toBe(true)
      const index = tx.outputs.findIndex((output) => toHex(output.script) === toHex(script))
      expect(itemAt(tx.outputs, index)?.value).toBe(300_000n)
      expect(await nodes().chain.mempool()).toContain(txid)
      const seen = await maker.lightning.getTransactions({})
      expect(seen.transactions.find((each) => each.txHash === txid)).toMatchObject({
        label: 'account',
        numConfirmations: 0,
        blockHeight: 0,
        rawTxHex: toHex(rawTx),
      })
      const height = await nodes().stack.mine(1)
      const later = await maker.lightning.getTransactions({ startHeight: height, endHeight: -1 })
      expect(later.transactions.find((each) => each.txHash === txid)).toMatchObject({
        numConfirmations: 1,
        blockHeight: height,
      })
      expect(await nodes().chain.unspent(outPoint(txid, index))).toEqual({ value: satoshi(300_000), script })
    })

    it('spends its own unconfirmed change when told to', async () => {
      const { walletKit } = nodes().taker
      for (let i = 0; i < 3; i++) {
        await walletKit.sendOutputs({
          satPerKw: 1250n,
          outputs: [{ value: 60_000_000n + BigInt(i), pkScript: someScript() }],
          minConfs: 0,
          spendUnconfirmed: true,
        })
      }
      expect((await nodes().chain.mempool()).length).toBeGreaterThanOrEqual(3)
      await nodes().stack.mine(1)
    })

    it('refuses no outputs, dust, and fees below the relay minimum', async () => {
      const { walletKit } = nodes().maker
      const outputs = [{ value: 300_000n, pkScript: someScript() }]
      await refused(
        walletKit.sendOutputs({ satPerKw: 1250n, minConfs: 1 }),
        'must specify at least one output to create',
      )
      await refused(
        walletKit.sendOutputs({ satPerKw: 1250n, minConfs: 1, outputs: [{ value: 100n, pkScript: someScript() }] }),
        'transaction output is dust',
      )
      const tooLow = nodes().chain.kind === 'btcd' ? 'insufficient fee' : 'min relay fee not met'
      await refused(walletKit.sendOutputs({ satPerKw: 100n, minConfs: 1, outputs }), tooLow)
    })

    it('refuses more than there is', async () => {
      const { walletKit } = nodes().maker
      const outputs = [{ value: 90_000_000_000n, pkScript: someScript() }]
      await refused(
        walletKit.sendOutputs({ satPerKw: 1250n, minConfs: 1, outputs }),
        /insufficient funds available to construct transaction|would leave insufficient reserves/,
      )
    })
  })

  describe('coins and addresses', () => {
    it('come in the kinds asked for, with numbers of their own per package (trap 7)', async () => {
      const { walletKit, lightning } = nodes().maker
      const taproot = await walletKit.nextAddr({ type: 'TAPROOT_PUBKEY' })
      const segwit = await walletKit.nextAddr({ type: 'WITNESS_PUBKEY_HASH' })
      const other = await lightning.newAddress({ type: 'TAPROOT_PUBKEY' })
      expect(taproot.addr).toMatch(/^bcrt1p/)
      expect(segwit.addr).toMatch(/^bcrt1q/)
      expect(other.address).toMatch(/^bcrt1p/)
      expect(addressToScript(taproot.addr, 'regtest')).toHaveLength(34)
      expect((await walletKit.nextAddr({ type: 'WITNESS_PUBKEY_HASH' })).addr).not.toBe(segwit.addr)
    })

    it('are left out of ListUnspent while leased', async () => {
      const { walletKit } = nodes().maker
      const { utxos } = await walletKit.listUnspent({ minConfs: 1 })
      const coin = utxos[0]
      if (coin?.outpoint === undefined) throw new Error('no coins')
      const { outpoint } = coin
      const [id, other] = [random32(), random32()]
      const before = await walletKit.leaseOutput({ id, outpoint, expirationSeconds: 120n })
      const longer = await walletKit.leaseOutput({ id, outpoint, expirationSeconds: 240n })
      expect(longer.expiration).toBeGreaterThan(before.expiration)
      await refused(walletKit.leaseOutput({ id: other, outpoint }), 'output already locked')
      await refused(walletKit.leaseOutput({ id: new Uint8Array(32), outpoint }), 'id must be 32 random bytes')
      await refused(walletKit.leaseOutput({ id: Buffer.from(LOCK_ID, 'hex'), outpoint }), 'reserved id cannot be used')
      const foreign = { txidBytes: random32(), outputIndex: 0 }
      await refused(walletKit.leaseOutput({ id, outpoint: foreign }), 'unknown output')
      const now = await walletKit.listUnspent({ minConfs: 1 })
      expect(now.utxos.map((each) => each.outpoint)).not.toContainEqual(outpoint)
      const { lockedUtxos } = await walletKit.listLeases({})
      expect(lockedUtxos.find((lease) => lease.outpoint?.txidStr === outpoint.txidStr)?.value).toBe(coin.amountSat)
      await refused(walletKit.releaseOutput({ id: other, outpoint }), 'output unlock not alowed')
      await walletKit.releaseOutput({ id, outpoint })
      await walletKit.releaseOutput({ id, outpoint })
    })

    it('have fee estimates from one block on', async () => {
      const { walletKit, lightning } = nodes().maker
      const { satPerKw, minRelayFeeSatPerKw } = await walletKit.estimateFee({ confTarget: 6 })
      expect(satPerKw).toBe(2500n)
      expect(minRelayFeeSatPerKw).toBeGreaterThanOrEqual(250n)
      await refused(walletKit.estimateFee({ confTarget: 0 }), 'confirmation target must be greater than 0')
      const { addr } = await walletKit.nextAddr({ type: 'TAPROOT_PUBKEY' })
      const quote = await lightning.estimateFee({ addrToAmount: new Map([[addr, 500_000n]]), targetConf: 6 })
      expect(quote.satPerVbyte).toBe(10n)
      expect(quote.feeSat).toBeGreaterThan(1000n)
      expect(quote.feeSat).toBeLessThan(5000n)
      await refused(
        lightning.estimateFee({ addrToAmount: new Map([[addr, 500_000_000_000n]]), targetConf: 6 }),
        'insufficient funds available to construct transaction',
      )
    })

    it('are labelled once', async () => {
      const { walletKit } = nodes().maker
      const { rawTx } = await walletKit.sendOutputs({
        satPerKw: 1250n,
        outputs: [{ value: 20_000n, pkScript: someScript() }],
        label: 'first',
        minConfs: 1,
      })
      const txid = txidToBytes(txidOf(decodeTx(rawTx)))
      await nodes().stack.mine(1)
      await refused(walletKit.labelTransaction({ txid, label: 'x' }), 'transaction already labelled')
      await walletKit.labelTransaction({ txid, label: 'x', overwrite: true })
      await refused(walletKit.labelTransaction({ txid, overwrite: true }), 'cannot label transaction with empty label')
      await refused(
        walletKit.labelTransaction({ txid, label: 'y'.repeat(501), overwrite: true }),
        'label length: 501 exceeds limit of 500',
      )
      await refused(
        walletKit.labelTransaction({ txid: random32(), label: 'x' }),
        'cannot label transaction not known to wallet',
      )
    })
  })
}
