import { beforeAll, describe, expect, it } from 'vitest'
import { derDecode, hash256, pubKey, sha256, verifyEcdsa, verifyMessage, verifySchnorr } from '@tidepool/crypto'
import type { Contract } from './contract.ts'
import { refused } from './words.ts'

const msg = new TextEncoder().encode('an order, or a challenge')
const keyLoc = { keyFamily: 220, keyIndex: 7 }

export function messagesContract(nodes: () => Contract): void {
  describe('message signatures', () => {
    let key: Uint8Array
    beforeAll(async () => {
      key = (await nodes().taker.walletKit.deriveKey(keyLoc)).rawKeyBytes
    })

    it('are deterministic low-S DER over SHA-256 by default', async () => {
      const { signer } = nodes().taker
      const { signature } = await signer.signMessage({ msg, keyLoc })
      expect((await signer.signMessage({ msg, keyLoc })).signature).toEqual(signature)
      expect(derDecode(signature).lowS).toBe(true)
      expect(verifyMessage(msg, signature, pubKey(key))).toBe(true)
    })

    it('come in the other forms when asked', async () => {
      const { signer } = nodes().taker
      const double = await signer.signMessage({ msg, keyLoc, doubleHash: true })
      expect(verifyEcdsa(hash256(msg), key, derDecode(double.signature).signature)).toBe(true)
      const schnorr = await signer.signMessage({ msg, keyLoc, schnorrSig: true })
      expect(verifySchnorr(sha256(msg), key.subarray(1), schnorr.signature)).toBe(true)
    })

    it('are checked by another node', async () => {
      const { maker, taker } = nodes()
      const { signature } = await taker.signer.signMessage({ msg, keyLoc })
      expect(await maker.signer.verifyMessage({ msg, signature, pubkey: key })).toEqual({ valid: true })
      const other = msg.subarray(1)
      expect(await maker.signer.verifyMessage({ msg: other, signature, pubkey: key })).toEqual({ valid: false })
      const raw = derDecode(signature).signature
      await refused(
        maker.signer.verifyMessage({ msg, signature: raw, pubkey: key }),
        /^failed to decode signature: malformed signature: /,
      )
      await refused(
        maker.signer.verifyMessage({ msg, signature, pubkey: key.subarray(1) }),
        'unable to parse pubkey: malformed public key: invalid length: 32',
      )
    })

    it('are refused without a key, a message or with options that contradict', async () => {
      const { signer } = nodes().taker
      await refused(signer.signMessage({ msg }), 'a key locator MUST be passed in')
      await refused(signer.signMessage({ keyLoc }), 'a message to sign MUST be passed in')
      await refused(
        signer.signMessage({ msg, keyLoc, schnorrSig: true, compactSig: true }),
        'compact format can not be used for Schnorr signatures',
      )
      await refused(
        signer.signMessage({ msg, keyLoc, tag: new TextEncoder().encode('mytag') }),
        'tag can only be used when the Schnorr signature option is set',
      )
      await refused(
        signer.signMessage({ msg, keyLoc, schnorrSig: true, tag: new TextEncoder().encode('BIP0340/challenge') }),
        'tag cannot have BIP0340 prefix',
      )
    })
  })
}
