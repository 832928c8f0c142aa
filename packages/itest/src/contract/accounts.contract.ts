import { beforeAll, describe, expect, it } from 'vitest'
import {
  encodeTx,
  expiryWitness,
  multiSigWitness,
  SighashCache,
  toHex,
  txidOf,
  verifyDer,
  idToBytes,
  type Transaction,
} from '@tidepool/crypto'
import { fundAccounts, type FundedAccount } from './account.ts'
import type { Contract, Lnd } from './contract.ts'
import { random32, refused } from './words.ts'

const withWitness = (tx: Transaction, witness: readonly Uint8Array[]): Transaction => ({
  ...tx,
  inputs: tx.inputs.map((input) => ({ ...input, witness })),
})

const publish = (lnd: Lnd, tx: Transaction) =>
  lnd.walletKit.publishTransaction({ txHex: encodeTx(tx, { witness: true }) })

/** The signer over real account outputs: what it signs must be spendable on the chain. */
export function accountsContract(nodes: () => Contract): void {
  describe('account spends', () => {
    let expiry: number
    let accounts: readonly FundedAccount[]
    const account = (index: number): FundedAccount => {
      const found = accounts[index]
      if (found === undefined) throw new Error('no such account')
      return found
    }
    beforeAll(async () => {
      expiry = (await nodes().chain.height()) + 6
      accounts = await fundAccounts(nodes(), [0, 0, 1, 2], expiry)
    })

    const signV0 = async (
      lnd: Lnd,
      tx: Transaction,
      { spent, output }: FundedAccount,
      side: 'trader' | 'auctioneer',
    ) => {
      if (output.kind !== 'p2wsh') throw new Error('version 0 only')
      const funded = account(0)
      const own =
        side === 'trader'
          ? { keyLoc: funded.traderLocator, rawKeyBytes: funded.traderKey }
          : { keyLoc: funded.auctioneerLocator, rawKeyBytes: funded.auctioneerKey }
      const { rawSigs } = await lnd.signer.signOutputRaw({
        rawTxBytes: encodeTx(tx, { witness: false }),
        signDescs: [
          {
            keyDesc: own,
            singleTweak: side === 'trader' ? output.traderTweak : output.auctioneerTweak,
            witnessScript: output.witnessScript,
            output: { value: spent.value, pkScript: spent.script },
            sighash: 1,
            inputIndex: 0,
          },
        ],
      })
      return rawSigs[0] ?? new Uint8Array()
    }

    it('version 0 is spent by both keys, DER without sighash byte (trap 2)', async () => {
      const funded = account(0)
      const { output } = funded
      if (output.kind !== 'p2wsh') throw new Error('version 0 only')
      const tx = funded.spend({ lockTime: 0, sequence: 0xffff_ffff })
      const trader = await signV0(nodes().taker, tx, funded, 'trader')
      const auctioneer = await signV0(nodes().maker, tx, funded, 'auctioneer')
      const digest = new SighashCache(tx, [funded.spent]).segwitV0(0, output.witnessScript)
      expect(verifyDer(digest, idToBytes(output.tweakedTraderKey), trader)).toBe(true)
      expect(verifyDer(digest, idToBytes(output.tweakedAuctioneerKey), auctioneer)).toBe(true)
      const signed = withWitness(tx, multiSigWitness(output, { trader, auctioneer }))
      await publish(nodes().maker, signed)
      await nodes().stack.mine(1)
      expect(await nodes().chain.transaction(txidOf(signed))).toMatchObject({ confirmations: 1 })
    })

    it('finds the key by locator or by a key it handed out, and signs with another one for a stranger (trap 34)', async () => {
      const funded = account(0)
      const { output } = funded
      if (output.kind !== 'p2wsh') throw new Error('version 0 only')
      const tx = funded.spend({ lockTime: 0, sequence: 0xffff_ffff })
      const digest = new SighashCache(tx, [funded.spent]).segwitV0(0, output.witnessScript)
      const sign = async (keyDesc: object): Promise<boolean> => {
        const { rawSigs } = await nodes().taker.signer.signOutputRaw({
          rawTxBytes: encodeTx(tx, { witness: false }),
          signDescs: [
            {
              keyDesc,
              singleTweak: output.traderTweak,
              witnessScript: output.witnessScript,
              output: { value: funded.spent.value, pkScript: funded.spent.script },
              sighash: 1,
            },
          ],
        })
        return verifyDer(digest, idToBytes(output.tweakedTraderKey), rawSigs[0] ?? new Uint8Array())
      }
      expect(await sign({ keyLoc: funded.traderLocator })).toBe(true)
      expect(await sign({ rawKeyBytes: funded.traderKey })).toBe(true)
      expect(await sign({ rawKeyBytes: funded.auctioneerKey })).toBe(false)
      // Trap 8: locator (0, 0) counts as none, so the raw key decides.
      const first = { keyFamily: 0, keyIndex: 0 }
      expect(await sign({ keyLoc: first, rawKeyBytes: funded.traderKey })).toBe(true)
      expect(await sign({ keyLoc: first })).toBe(false)
    })

    it('refuses what it cannot sign', async () => {
      const funded = account(0)
      const { output } = funded
      if (output.kind !== 'p2wsh') throw new Error('version 0 only')
      const { signer } = nodes().taker
      const rawTxBytes = encodeTx(funded.spend({ lockTime: 0, sequence: 0 }), { witness: false })
      const good = {
        keyDesc: { keyLoc: funded.traderLocator },
        witnessScript: output.witnessScript,
        output: { value: funded.spent.value, pkScript: funded.spent.script },
        sighash: 1,
      }
      await refused(signer.signOutputRaw({ rawTxBytes }), 'at least one SignDescs MUST be passed in')
      await refused(
        signer.signOutputRaw({ rawTxBytes, signDescs: [{ ...good, witnessScript: new Uint8Array() }] }),
        /^witness script MUST be specified for segwit v0 sign method/,
      )
      await refused(signer.signOutputRaw({ rawTxBytes, signDescs: [{ ...good, inputIndex: 3 }] }), /idx 3 but 1 txins/)
      await refused(
        signer.signOutputRaw({ rawTxBytes: new Uint8Array(1), signDescs: [good] }),
        'unable to decode tx: unexpected EOF',
      )
      const signMethod = 'SIGN_METHOD_TAPROOT_SCRIPT_SPEND'
      await refused(
        signer.signOutputRaw({ rawTxBytes, signDescs: [{ ...good, signMethod, sighash: 0 }] }),
        `selected sign method taproot_script_spend is not compatible with given pk script ${toHex(funded.spent.script)}`,
      )
      const output2 = { value: account(3).spent.value, pkScript: account(3).spent.script }
      await refused(
        signer.signOutputRaw({ rawTxBytes, signDescs: [{ ...good, output: output2, signMethod, sighash: 0 }] }),
        'error signing taproot output, transaction input 0 is missing its previous outpoint information',
      )
    })

    it('every version is spent by the trader alone from the expiry on, and not before', async () => {
      const signed: Transaction[] = []
      for (const index of [1, 2, 3]) signed.push(await signExpiry(nodes().taker, account(index)))
      for (const tx of signed) await refused(publish(nodes().taker, tx), 'non final')
      const height = await nodes().chain.height()
      await nodes().stack.mine(expiry - height)
      for (const tx of signed) await publish(nodes().taker, tx)
      await nodes().stack.mine(1)
      for (const tx of signed) expect(await nodes().chain.transaction(txidOf(tx))).toMatchObject({ confirmations: 1 })
    })

    it('a signature of another key is refused by the chain', async () => {
      const [funded] = await fundAccounts(nodes(), [0], expiry)
      if (funded === undefined || funded.output.kind !== 'p2wsh') throw new Error('version 0 only')
      const tx = funded.spend({ lockTime: 0, sequence: 0xffff_ffff })
      const wrong = random32()
      const trader = await signV0(
        nodes().taker,
        tx,
        { ...funded, output: { ...funded.output, traderTweak: wrong } },
        'trader',
      )
      const auctioneer = await signV0(nodes().maker, tx, funded, 'auctioneer')
      const bad = withWitness(tx, multiSigWitness(funded.output, { trader, auctioneer }))
      const text = nodes().chain.kind === 'btcd' ? /failed to validate input/ : 'non mandatory script verify flag'
      await refused(publish(nodes().maker, bad), text)
    })
  })
}

async function signExpiry(lnd: Lnd, funded: FundedAccount): Promise<Transaction> {
  const { output, spent } = funded
  const tx = funded.spend({ lockTime: funded.expiry, sequence: 0 })
  const taproot = output.kind === 'p2tr'
  const { rawSigs } = await lnd.signer.signOutputRaw({
    rawTxBytes: encodeTx(tx, { witness: false }),
    signDescs: [
      {
        keyDesc: { keyLoc: funded.traderLocator, rawKeyBytes: funded.traderKey },
        singleTweak: output.traderTweak,
        witnessScript: output.kind === 'p2tr' ? output.leafScript : output.witnessScript,
        output: { value: spent.value, pkScript: spent.script },
        sighash: taproot ? 0 : 1,
        inputIndex: 0,
        signMethod: taproot ? 'SIGN_METHOD_TAPROOT_SCRIPT_SPEND' : 'SIGN_METHOD_WITNESS_V0',
      },
    ],
    prevOutputs: [{ value: spent.value, pkScript: spent.script }],
  })
  return withWitness(tx, expiryWitness(output, rawSigs[0] ?? new Uint8Array()))
}
