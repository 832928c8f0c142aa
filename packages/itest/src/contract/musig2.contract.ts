import { beforeAll, describe, expect, it } from 'vitest'
import {
  encodeTx,
  keyPathWitness,
  SighashCache,
  toHex,
  txidOf,
  verifySchnorr,
  type AccountVersion,
  type Transaction,
} from '@tidepool/crypto'
import type { signrpc } from '@tidepool/rpc'
import { fundAccounts, type FundedAccount } from './account.ts'
import type { Contract, Lnd } from './contract.ts'
import { random32, refused } from './words.ts'

const WIRE = { 1: 'MUSIG2_VERSION_V040', 2: 'MUSIG2_VERSION_V100RC2' } as const

/** What a session is made of: keys as the version writes them, and the expiry leaf as root. */
function sessionRequest(funded: FundedAccount, side: 'trader' | 'auctioneer'): signrpc.MuSig2SessionRequestInit {
  const { output } = funded
  if (output.kind !== 'p2tr') throw new Error('taproot versions only')
  const keys = [funded.auctioneerKey, funded.traderKey]
  return {
    keyLoc: side === 'trader' ? funded.traderLocator : funded.auctioneerLocator,
    allSignerPubkeys: output.version === 1 ? keys.map((key) => key.subarray(1)) : keys,
    taprootTweak: { scriptRoot: output.merkleRoot },
    version: WIRE[output.version],
  }
}

export function musig2Contract(nodes: () => Contract): void {
  describe('MuSig2', () => {
    let accounts: readonly FundedAccount[]
    const versions: readonly AccountVersion[] = [1, 2, 1, 2]
    const account = (index: number): FundedAccount => {
      const found = accounts[index]
      if (found === undefined) throw new Error('no such account')
      return found
    }
    beforeAll(async () => {
      accounts = await fundAccounts(nodes(), versions, (await nodes().chain.height()) + 100)
    })

    const digestOf = (funded: FundedAccount): { tx: Transaction; digest: Uint8Array } => {
      const tx = funded.spend({ lockTime: 0, sequence: 0xffff_ffff })
      return { tx, digest: new SighashCache(tx, [funded.spent]).taprootKeyPath(0) }
    }

    const publishSigned = async (funded: FundedAccount, signature: Uint8Array): Promise<void> => {
      const { tx, digest } = digestOf(funded)
      if (funded.output.kind !== 'p2tr') throw new Error('taproot versions only')
      expect(verifySchnorr(digest, funded.output.outputKey, signature)).toBe(true)
      const witness = keyPathWitness(signature)
      const signed = { ...tx, inputs: tx.inputs.map((input) => ({ ...input, witness })) }
      await nodes().taker.walletKit.publishTransaction({ txHex: encodeTx(signed, { witness: true }) })
      await nodes().stack.mine(1)
      expect(await nodes().chain.transaction(txidOf(signed))).toMatchObject({ confirmations: 1 })
    }

    for (const index of [0, 1]) {
      const version = versions[index] ?? 0
      it(`version ${version}: the trader changes an account, the auctioneer signs first`, async () => {
        const funded = account(index)
        const { digest } = digestOf(funded)
        const { maker, taker } = nodes()
        const trader = await taker.signer.muSig2CreateSession(sessionRequest(funded, 'trader'))
        expect(trader.haveAllNonces).toBe(false)
        if (funded.output.kind === 'p2tr') {
          expect(toHex(trader.combinedKey)).toBe(toHex(funded.output.outputKey))
          expect(toHex(trader.taprootInternalKey)).toBe(toHex(funded.output.internalKey))
        }
        const auctioneer = await maker.signer.muSig2CreateSession({
          ...sessionRequest(funded, 'auctioneer'),
          otherSignerPublicNonces: [trader.localPublicNonces],
        })
        expect(auctioneer.haveAllNonces).toBe(true)
        const theirs = await maker.signer.muSig2Sign({
          sessionId: auctioneer.sessionId,
          messageDigest: digest,
          cleanup: true,
        })
        await taker.signer.muSig2RegisterNonces({
          sessionId: trader.sessionId,
          otherSignerPublicNonces: [auctioneer.localPublicNonces],
        })
        await taker.signer.muSig2Sign({ sessionId: trader.sessionId, messageDigest: digest })
        const combined = await taker.signer.muSig2CombineSig({
          sessionId: trader.sessionId,
          otherPartialSignatures: [theirs.localPartialSignature],
        })
        expect(combined.haveAllSignatures).toBe(true)
        await publishSigned(funded, combined.finalSignature)
        await refused(
          taker.signer.muSig2Cleanup({ sessionId: trader.sessionId }),
          /^error cleaning up session: session with ID [0-9a-f]{64} not found$/,
        )
      })

      it(`version ${version}: a batch, the trader signs first`, async () => {
        const funded = account(index + 2)
        const { digest } = digestOf(funded)
        const { maker, taker } = nodes()
        const auctioneer = await maker.signer.muSig2CreateSession(sessionRequest(funded, 'auctioneer'))
        const trader = await taker.signer.muSig2CreateSession({
          ...sessionRequest(funded, 'trader'),
          otherSignerPublicNonces: [auctioneer.localPublicNonces],
        })
        const partial = await taker.signer.muSig2Sign({
          sessionId: trader.sessionId,
          messageDigest: digest,
          cleanup: true,
        })
        await maker.signer.muSig2RegisterNonces({
          sessionId: auctioneer.sessionId,
          otherSignerPublicNonces: [trader.localPublicNonces],
        })
        await maker.signer.muSig2Sign({ sessionId: auctioneer.sessionId, messageDigest: digest })
        const combined = await maker.signer.muSig2CombineSig({
          sessionId: auctioneer.sessionId,
          otherPartialSignatures: [partial.localPartialSignature],
        })
        await publishSigned(funded, combined.finalSignature)
      })
    }

    const bothSessions = async (funded: FundedAccount) => {
      const { maker, taker } = nodes()
      const trader = await taker.signer.muSig2CreateSession(sessionRequest(funded, 'trader'))
      const auctioneer = await maker.signer.muSig2CreateSession({
        ...sessionRequest(funded, 'auctioneer'),
        otherSignerPublicNonces: [trader.localPublicNonces],
      })
      return { trader, auctioneer }
    }

    it('signs once, with all nonces, a digest of 32 bytes', async () => {
      const { taker } = nodes()
      const { trader, auctioneer } = await bothSessions(account(1))
      const { sessionId } = trader
      const messageDigest = random32()
      const nonces = { sessionId, otherSignerPublicNonces: [auctioneer.localPublicNonces] }
      await refused(
        taker.signer.muSig2Sign({ sessionId, messageDigest }),
        'error signing: only have 1 of 2 required nonces',
      )
      await refused(
        taker.signer.muSig2RegisterNonces({ sessionId, otherSignerPublicNonces: [new Uint8Array(65)] }),
        'error parsing other nonces: invalid public nonce at index 0: invalid length, got 65 but expected 66',
      )
      await taker.signer.muSig2RegisterNonces(nonces)
      await refused(taker.signer.muSig2RegisterNonces(nonces), 'error registering nonces: already have all nonces')
      await refused(
        taker.signer.muSig2Sign({ sessionId, messageDigest: messageDigest.subarray(1) }),
        'invalid message digest size, got 31 but expected 32',
      )
      await taker.signer.muSig2Sign({ sessionId, messageDigest })
      const twice = 'error signing with local key'
      await refused(
        taker.signer.muSig2Sign({ sessionId, messageDigest }),
        `error signing: ${twice}: ${twice}: nonce already used`,
      )
      await taker.signer.muSig2Cleanup({ sessionId })
    })

    it('is spoilt by a wrong partial signature', async () => {
      const { taker } = nodes()
      const { trader, auctioneer } = await bothSessions(account(1))
      const { sessionId } = trader
      await taker.signer.muSig2RegisterNonces({
        sessionId,
        otherSignerPublicNonces: [auctioneer.localPublicNonces],
      })
      await taker.signer.muSig2Sign({ sessionId, messageDigest: random32() })
      const preamble =
        'error combining signatures: error combining partial signature: error combining partial signature'
      const wrong = new Uint8Array(32).fill(1)
      const combine = () => taker.signer.muSig2CombineSig({ sessionId, otherPartialSignatures: [wrong] })
      await refused(combine(), `${preamble}: final signature is invalid`)
      await refused(combine(), `${preamble}: already have all sigs`)
      await taker.signer.muSig2Cleanup({ sessionId })
    })

    it('is forgotten in a restart', async () => {
      const { trader } = await bothSessions(account(1))
      await nodes().stack.nodes.taker.stop()
      await nodes().stack.nodes.taker.start()
      const id = toHex(trader.sessionId)
      await refused(
        nodes().taker.signer.muSig2Sign({ sessionId: trader.sessionId, messageDigest: random32() }),
        `error signing: session with ID ${id} not found`,
      )
    })

    it('refuses keys in the other version’s form, a key that is not its own, and no version', async () => {
      const { signer } = nodes().taker
      const [one, two] = [sessionRequest(account(0), 'trader'), sessionRequest(account(1), 'trader')]
      const mixed = (keys: signrpc.MuSig2SessionRequestInit, version: signrpc.MuSig2Version) =>
        signer.muSig2CreateSession({ ...keys, version })
      await refused(mixed(two, 'MUSIG2_VERSION_V040'), /signer public key 0 for v0\.4\.0 .*want 32, have 33/)
      await refused(mixed(one, 'MUSIG2_VERSION_V100RC2'), /signer public key 0 for v1\.0\.0rc2 .*invalid length: 32/)
      await refused(mixed(two, 'MUSIG2_VERSION_UNDEFINED'), /^error parsing version: unknown MuSig2 version/)
      await refused(
        signer.muSig2CreateSession({ ...two, keyLoc: { keyFamily: 220, keyIndex: 400 } }),
        /signing key is not found in key set$/,
      )
    })

    it('lets key_spend_only win over a script root', async () => {
      const request = sessionRequest(account(1), 'trader')
      const { signer }: Lnd = nodes().taker
      const keys = request.allSignerPubkeys ?? []
      const version = 'MUSIG2_VERSION_V100RC2'
      const both = await signer.muSig2CombineKeys({
        allSignerPubkeys: keys,
        taprootTweak: { ...request.taprootTweak, keySpendOnly: true },
        version,
      })
      const bip86 = await signer.muSig2CombineKeys({
        allSignerPubkeys: keys,
        taprootTweak: { keySpendOnly: true },
        version,
      })
      expect(both).toEqual(bip86)
    })
  })
}
