import {
  concatBytes,
  hash160,
  p2trScript,
  p2wpkhScript,
  scriptToAddress,
  secretAdd,
  secretNegate,
  tapTweakHash,
  toHex,
  xOnlyAddTweak,
} from '@tidepool/crypto'
import { formatPath, hardened, type KeyRing } from '../keys/keyRing.ts'

/** Kinds of output lnd's wallet makes: BIP-84, BIP-49 and BIP-86 accounts. */
export type AddressKind = 'p2wkh' | 'nested' | 'p2tr'

const PURPOSE: Record<AddressKind, number> = { p2wkh: 84, nested: 49, p2tr: 86 }
export const ADDRESS_KINDS: readonly AddressKind[] = ['nested', 'p2wkh', 'p2tr']

export interface WalletKey {
  readonly kind: AddressKind
  readonly path: readonly number[]
  /** 33 bytes, untweaked. */
  readonly publicKey: Uint8Array
  /** scriptPubKey */
  readonly script: Uint8Array
}

/** Addresses the wallet gave out, by script. lnd uses coin type 0 here on every network. */
export class AddressBook {
  private readonly ring: KeyRing
  private readonly byScript = new Map<string, WalletKey>()
  private readonly counters = new Map<string, number>()

  constructor(ring: KeyRing) {
    this.ring = ring
  }

  next(kind: AddressKind, change = false): WalletKey {
    const branch = change ? 1 : 0
    const counter = `${kind}/${branch}`
    const index = this.counters.get(counter) ?? 0
    this.counters.set(counter, index + 1)
    const path = [...accountPath(kind), branch, index]
    const publicKey = this.ring.publicKeyAt(path)
    const key = { kind, path, publicKey, script: scriptOf(kind, publicKey) }
    this.byScript.set(toHex(key.script), key)
    return key
  }

  count(kind: AddressKind, change: boolean): number {
    return this.counters.get(`${kind}/${change ? 1 : 0}`) ?? 0
  }

  find(script: Uint8Array): WalletKey | undefined {
    return this.byScript.get(toHex(script))
  }

  /** Hex of every script handed out. */
  scripts(): ReadonlySet<string> {
    return new Set(this.byScript.keys())
  }

  secret(key: WalletKey): Uint8Array {
    return this.ring.secretAt(key.path)
  }
}

export const accountPath = (kind: AddressKind): readonly number[] => [hardened(PURPOSE[kind]), hardened(0), hardened(0)]
export const accountPathText = (kind: AddressKind): string => formatPath(accountPath(kind))

function scriptOf(kind: AddressKind, publicKey: Uint8Array): Uint8Array {
  if (kind === 'p2wkh') return p2wpkhScript(publicKey)
  if (kind === 'p2tr') return bip86Script(publicKey)
  return concatBytes(Uint8Array.of(0xa9, 0x14), hash160(p2wpkhScript(publicKey)), Uint8Array.of(0x87))
}

function bip86Script(publicKey: Uint8Array): Uint8Array {
  const internal = publicKey.subarray(1)
  return p2trScript(xOnlyAddTweak(internal, tapTweakHash(internal)).xOnly)
}

/** Secret that signs for the taproot output key of an internal key (BIP-341). */
export function taprootSecret(secret: Uint8Array, publicKey: Uint8Array, merkleRoot?: Uint8Array): Uint8Array {
  const even = publicKey[0] === 3 ? secretNegate(secret) : secret
  return secretAdd(even, tapTweakHash(publicKey.subarray(1), merkleRoot))
}

export const addressOf = (script: Uint8Array): string => scriptToAddress(script, 'regtest') ?? ''
