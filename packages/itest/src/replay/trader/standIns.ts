import type * as Crypto from '@tidepool/crypto'

/** What takes the place of signatures and transactions that never travelled, so that no recording has them. */
export const notRecorded = {
  /** Ids of funding transactions, by the ids of what stands in for them. */
  txids: new Map<Crypto.Txid, Crypto.Txid>(),
  /** In a session under way: the auctioneer's key and nonce. */
  auctioneer: undefined as { readonly publicKey: Crypto.PubKey; readonly publicNonce: Uint8Array } | undefined,
  /** In place of the trader's own half, and of what both halves make. */
  signature: new Uint8Array(64).fill(0x5a),
  half: new Uint8Array(32).fill(0x5a),
}

/**
 * The crypto package with funding transactions under their recorded ids, and with the trader's own halves taken for
 * good. The recorded auctioneer's halves are verified as ever: they fit the recorded transactions alone.
 */
export function cryptoWithoutOwnHalves(original: typeof Crypto): typeof Crypto {
  const { equalBytes } = original
  const ours = (signature: Uint8Array): boolean => equalBytes(signature, notRecorded.signature)
  return {
    ...original,
    txidOf: (tx) => {
      const id = original.txidOf(tx)
      return notRecorded.txids.get(id) ?? id
    },
    verifyDer: (digest, key, signature) => ours(signature) || original.verifyDer(digest, key, signature),
    verifySchnorr: (digest, key, signature) => ours(signature) || original.verifySchnorr(digest, key, signature),
    combinePartials: (session, partials) => {
      const [signature, own] = partials
      const { auctioneer } = notRecorded
      if (signature === undefined || own === undefined || auctioneer === undefined) {
        return original.combinePartials(session, partials)
      }
      if (!equalBytes(own, notRecorded.half)) return original.combinePartials(session, partials)
      if (original.verifyPartial(session, { signature, ...auctioneer })) return notRecorded.signature
      throw new original.MuSig2Error({ code: 'BAD_COMBINED_SIGNATURE' }, 'the recorded half is of another transaction')
    },
  }
}
