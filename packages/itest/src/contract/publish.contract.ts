import { describe, expect, it } from 'vitest'
import { encodeTx, outPoint, satoshi, txidFromBytes, txidOf, type Transaction, type TxOutput } from '@tidepool/crypto'
import type { Contract } from './contract.ts'
import { planPayment, signWalletInput } from './money.ts'
import { random32, refused } from './words.ts'

const SPENT = 'transaction rejected: output already spent'
const FINAL = 0xffff_ffff
const SIGNALS = 0xffff_fffd
/** Bitcoin Core up to 30, itself counted. */
const NODES_RELAY = 25

/** PublishTransaction's texts: they differ by chain daemon, and one of them means three things (trap 33). */
export function publishContract(nodes: () => Contract): void {
  const send = (tx: Transaction) =>
    nodes().maker.walletKit.publishTransaction({ txHex: encodeTx(tx, { witness: true }) })

  /** A confirmed coin of the wallet that nothing else uses. */
  const coin = async (): Promise<{ readonly funding: Transaction; readonly spent: TxOutput }> => {
    const payment = await planPayment(nodes().maker, [])
    const funding = await payment.publish()
    await nodes().stack.mine(1)
    const spent = funding.outputs.at(0)
    if (spent === undefined) throw new Error('one output expected')
    return { funding, spent }
  }

  const spend = (
    { funding, spent }: { readonly funding: Transaction; readonly spent: TxOutput },
    fee: bigint,
    change: Partial<Transaction> & { readonly sequence?: number } = {},
  ): Promise<Transaction> => {
    const { sequence = FINAL, ...rest } = change
    const unsigned: Transaction = {
      version: 2,
      lockTime: 0,
      inputs: [{ prevout: outPoint(txidOf(funding), 0), scriptSig: new Uint8Array(), sequence, witness: [] }],
      outputs: [{ value: satoshi(spent.value - fee), script: spent.script }],
      ...rest,
    }
    return signWalletInput(nodes().maker, unsigned, spent)
  }

  describe('PublishTransaction', () => {
    it('takes what is known already, while an output is unspent', async () => {
      const source = await coin()
      const tx = await spend(source, 2000n)
      // Trap 4: the field for an error stays empty; what fails is a failed call.
      expect(await send(tx)).toEqual({ publishError: '' })
      await send(tx)
      await nodes().stack.mine(1)
      await send(tx)
      const next = await spend({ funding: tx, spent: source.spent }, 4000n, {
        outputs: [{ value: satoshi(source.spent.value - 4000n), script: source.spent.script }],
      })
      const [output] = tx.outputs
      if (output === undefined) throw new Error('one output expected')
      const child = await signWalletInput(nodes().maker, next, output)
      await send(child)
      await nodes().stack.mine(1)
      await refused(send(tx), SPENT)
    })

    it('refuses garbage, fees too low, dust and early transactions', async () => {
      const { walletKit } = nodes().maker
      await refused(walletKit.publishTransaction({ txHex: Uint8Array.of(1, 2) }), 'unexpected EOF')
      const source = await coin()
      const btcd = nodes().chain.kind === 'btcd'
      const low = btcd
        ? 'insufficient fee'
        : 'transaction rejected by the mempool because of low fees: min relay fee not met'
      await refused(send(await spend(source, 50n)), low)
      const { spent } = source
      const dusty = [
        { value: satoshi(100), script: spent.script },
        { value: satoshi(spent.value - 3000n), script: spent.script },
      ]
      await refused(send(await spend(source, 0n, { outputs: dusty })), 'dust')
      const lockTime = (await nodes().chain.height()) + 10
      await refused(send(await spend(source, 2000n, { lockTime, sequence: 0 })), 'non final')
    })

    it('says the same of an unknown input as of a spent one (trap 33)', async () => {
      const source = await coin()
      const good = await spend(source, 2000n)
      const unknown = good.inputs.map((input) => ({ ...input, prevout: outPoint(txidFromBytes(random32()), 0) }))
      await refused(send({ ...good, inputs: unknown }), SPENT)
      await send(good)
      await nodes().stack.mine(1)
      await refused(send(await spend(source, 9000n)), SPENT)
    })

    it('replaces for enough fee', async () => {
      const source = await coin()
      const first = await spend(source, 2000n, { sequence: SIGNALS })
      await send(first)
      await refused(send(await spend(source, 2001n, { sequence: SIGNALS })), 'insufficient fee')
      const second = await spend(source, 20_000n, { sequence: SIGNALS })
      await send(second)
      expect(await nodes().chain.mempool()).not.toContain(txidOf(first))
      expect(await nodes().chain.mempool()).toContain(txidOf(second))
      await refused(send(first), 'insufficient fee')
    })

    it('takes a line of 25, and beyond only where the mempool does not count', async () => {
      let { funding, spent } = await coin()
      const extend = async (): Promise<Transaction> => {
        const next = await spend({ funding, spent }, 2000n)
        const [output] = next.outputs
        if (output === undefined) throw new Error('one output expected')
        ;[funding, spent] = [next, output]
        return next
      }
      for (let i = 0; i < NODES_RELAY; i++) await send(await extend())
      const beyond = await extend()
      if (nodes().chain.kind === 'btcd') await send(beyond)
      else await refused(send(beyond), /too[ -]long[ -]mempool[ -]chain/)
      expect((await nodes().chain.mempool()).includes(txidOf(beyond))).toBe(nodes().chain.kind === 'btcd')
      await nodes().stack.mine(1)
      await send(beyond)
    })

    it('replaces final sequences only with bitcoind’s rules', async () => {
      const source = await coin()
      await send(await spend(source, 2000n))
      const higher = await spend(source, 30_000n)
      if (nodes().chain.kind === 'btcd') await refused(send(higher), SPENT)
      else await send(higher)
    })
  })
}
