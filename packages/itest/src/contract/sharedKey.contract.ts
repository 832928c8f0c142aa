import { describe, expect, it } from 'vitest'
import { pointFromSecret, pointMultiply, sha256 } from '@tidepool/crypto'
import type { Contract } from './contract.ts'
import { random32, refused } from './words.ts'

export function sharedKeyContract(nodes: () => Contract): void {
  describe('shared keys', () => {
    it('is SHA-256 of the compressed point, equal from both sides', async () => {
      const { maker, taker } = nodes()
      const trader = await taker.walletKit.deriveNextKey({ keyFamily: 220 })
      const auctioneer = await maker.walletKit.deriveNextKey({ keyFamily: 1220 })
      const fromTaker = await taker.signer.deriveSharedKey({
        ephemeralPubkey: auctioneer.rawKeyBytes,
        keyDesc: { keyLoc: trader.keyLoc },
      })
      const fromMaker = await maker.signer.deriveSharedKey({
        ephemeralPubkey: trader.rawKeyBytes,
        keyDesc: { keyLoc: auctioneer.keyLoc },
      })
      expect(fromTaker).toEqual(fromMaker)

      const secret = random32()
      const known = await taker.signer.deriveSharedKey({
        ephemeralPubkey: pointFromSecret(secret),
        keyDesc: { keyLoc: trader.keyLoc },
      })
      const point = pointMultiply(trader.rawKeyBytes, secret)
      expect(known.sharedKey).toEqual(sha256(point ?? new Uint8Array()))
    })

    it('uses the node key when no key is named', async () => {
      const { signer, node } = nodes().taker
      const secret = random32()
      const { sharedKey } = await signer.deriveSharedKey({ ephemeralPubkey: pointFromSecret(secret) })
      const point = pointMultiply(Buffer.from(node.nodeKey, 'hex'), secret)
      expect(sharedKey).toEqual(sha256(point ?? new Uint8Array()))
    })

    it('refuses ambiguous descriptions of the key', async () => {
      const { signer, walletKit } = nodes().taker
      const ephemeralPubkey = pointFromSecret(random32())
      const { rawKeyBytes } = await walletKit.deriveKey({ keyFamily: 220, keyIndex: 1 })
      const keyLoc = { keyFamily: 220, keyIndex: 1 }
      await refused(
        signer.deriveSharedKey({ ephemeralPubkey, keyLoc, keyDesc: { keyLoc } }),
        'use either key_desc or key_loc',
      )
      await refused(
        signer.deriveSharedKey({ ephemeralPubkey, keyDesc: { rawKeyBytes, keyLoc } }),
        'use either raw_key_bytes or key_index',
      )
      await refused(
        signer.deriveSharedKey({ ephemeralPubkey, keyDesc: { rawKeyBytes } }),
        'when setting key_desc the field key_desc.key_loc must also be set',
      )
      await refused(
        signer.deriveSharedKey({ ephemeralPubkey: ephemeralPubkey.subarray(1), keyDesc: { keyLoc } }),
        'error in ephemeral pubkey: pubkey must be serialized in compressed format if specified',
      )
    })
  })
}
