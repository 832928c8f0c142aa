import {
  aggregateKeys,
  concatBytes,
  isXOnlyPoint,
  pubKey,
  type AggregateKey,
  type MuSig2Version,
  type PubKey,
  type TaprootTweak,
} from '@tidepool/crypto'
import { STATUS, type signrpc } from '@tidepool/rpc'
import { LndRefusal } from '../lndRefusal.ts'

/** @throws LndRefusal as lnd does for UNDEFINED */
export function versionOf(version: signrpc.MuSig2CombineKeysRequest['version']): MuSig2Version {
  if (version === 'MUSIG2_VERSION_V040') return '0.4.0'
  if (version === 'MUSIG2_VERSION_V100RC2') return '1.0.0rc2'
  throw new LndRefusal(
    `error parsing version: unknown MuSig2 version <${version}>, make sure your client software is up to date, ` +
      'the version field is mandatory for this release of lnd',
  )
}

export interface KeySet {
  readonly allSignerPubkeys: readonly Uint8Array[]
  readonly tweaks: readonly signrpc.TweakDesc[]
  readonly taprootTweak: signrpc.TaprootTweakDesc | undefined
}

/** Aggregate of a request's keys; lnd sorts them itself. */
export function aggregateOf(version: MuSig2Version, request: KeySet): AggregateKey {
  if (request.tweaks.length > 0) throw new LndRefusal('generic tweaks are not simulated', STATUS.UNIMPLEMENTED)
  return aggregateKeys(version, signersOf(version, request.allSignerPubkeys), tweakOf(request.taprootTweak))
}

/** Keys as 33 bytes; draft 0.4.0 takes 32-byte keys, which stand for the point with even Y. */
export function signersOf(version: MuSig2Version, keys: readonly Uint8Array[]): readonly PubKey[] {
  return keys.map((key, i) => {
    const preamble = `error parsing all signer public keys: error parsing signer public key ${i}`
    if (version === '0.4.0') {
      const note = `bad pubkey byte string size (want 32, have ${key.length})`
      if (key.length !== 32) throw new LndRefusal(`${preamble} for v0.4.0 (x-only format): ${note}`)
      if (!isXOnlyPoint(key)) throw new LndRefusal(`${preamble} for v0.4.0 (x-only format): invalid public key`)
      return pubKey(concatBytes(Uint8Array.of(2), key))
    }
    try {
      return pubKey(key)
    } catch {
      const note = `malformed public key: invalid length: ${key.length}`
      throw new LndRefusal(`${preamble} for v1.0.0rc2 (compressed format): ${note}`)
    }
  })
}

/** With both kinds given, key_spend_only silently wins, as in lnd. */
function tweakOf(tweak: signrpc.TaprootTweakDesc | undefined): TaprootTweak {
  if (tweak === undefined) return { kind: 'none' }
  if (tweak.keySpendOnly) return { kind: 'bip86' }
  if (tweak.scriptRoot.length === 0) return { kind: 'none' }
  return { kind: 'root', merkleRoot: tweak.scriptRoot }
}
