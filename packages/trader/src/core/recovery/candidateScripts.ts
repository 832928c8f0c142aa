import {
  accountKeys,
  accountOutput,
  blockHeight,
  concatBytes,
  expectLength,
  fromHex,
  pointAddTweak,
  sha256,
  tapLeafHash,
  tapTweakHash,
} from '@tidepool/crypto'
import type { AccountKey, AccountKeys, BatchKey, PubKey } from '@tidepool/crypto'
import type { AccountVersion } from '@tidepool/market'

export const ALL_VERSIONS: readonly AccountVersion[] = [0, 1, 2]

/** A trader key that may have accounts, with what its scripts are made of. */
export interface SearchKey {
  readonly key: AccountKey
  readonly keyIndex: number
  readonly auctioneerKey: PubKey
  readonly secret: Uint8Array
}

/**
 * Programs of one key's account outputs. The aggregate of the base keys is computed once for each version, the tweaked
 * keys once for each batch key, so that an expiry costs one hash (version 0) or one point addition (1 and 2).
 */
export class CandidateScripts {
  readonly #key: SearchKey
  readonly #internal = new Map<AccountVersion, Uint8Array>()

  constructor(key: SearchKey) {
    this.#key = key
  }

  at(batchKey: BatchKey): BatchScripts {
    const { key: traderKey, auctioneerKey, secret } = this.#key
    const keys = accountKeys({ traderKey, auctioneerKey, secret, batchKey })
    return new BatchScripts(keys, (version) => this.#internalKey(version, batchKey))
  }

  /** x-only. The same for every batch key and expiry, so any will do to compute it. */
  #internalKey(version: 1 | 2, batchKey: BatchKey): Uint8Array {
    const known = this.#internal.get(version)
    if (known !== undefined) return known
    const { key: traderKey, auctioneerKey, secret } = this.#key
    const output = accountOutput({ version, traderKey, auctioneerKey, secret, batchKey, expiry: blockHeight(1) })
    if (output.kind !== 'p2tr') throw new Error('a taproot version makes a taproot output')
    this.#internal.set(version, output.internalKey)
    return output.internalKey
  }
}

const PUSH_KEY = Uint8Array.of(0x21)
const PUSH_X_ONLY = Uint8Array.of(0x20)
const CHECKSIGVERIFY = Uint8Array.of(0xad)
const CHECKSIG_IFDUP_NOTIF = Uint8Array.of(0xac, 0x73, 0x64)
const CLTV_ENDIF = Uint8Array.of(0xb1, 0x68)
const CLTV = Uint8Array.of(0xb1)
const EVEN = Uint8Array.of(0x02)

/** Programs of one key at one batch key. */
export class BatchScripts {
  readonly #internalKey: (version: 1 | 2) => Uint8Array
  readonly #beforeExpiry: Uint8Array
  readonly #beforeLeafExpiry: Uint8Array
  readonly #even = new Map<1 | 2, Uint8Array>()

  constructor(keys: AccountKeys, internalKey: (version: 1 | 2) => Uint8Array) {
    const trader = fromHex(keys.tweakedTraderKey)
    const auctioneer = fromHex(keys.tweakedAuctioneerKey)
    this.#internalKey = internalKey
    this.#beforeExpiry = concatBytes(PUSH_KEY, trader, CHECKSIGVERIFY, PUSH_KEY, auctioneer, CHECKSIG_IFDUP_NOTIF)
    this.#beforeLeafExpiry = concatBytes(PUSH_X_ONLY, trader.subarray(1), CHECKSIGVERIFY)
  }

  /** The 32 bytes behind `0020` or `5120` of the output script; undefined happens by chance never. */
  program(version: AccountVersion, expiry: number): Uint8Array | undefined {
    const push = numberPush(expiry)
    if (version === 0) return sha256(concatBytes(this.#beforeExpiry, push, CLTV_ENDIF))
    const internalKey = this.#internalKey(version)
    const root = tapLeafHash(concatBytes(this.#beforeLeafExpiry, push, CLTV))
    return pointAddTweak(this.#lifted(version, internalKey), tapTweakHash(internalKey, root))?.subarray(1)
  }

  #lifted(version: 1 | 2, internalKey: Uint8Array): Uint8Array {
    const known = this.#even.get(version)
    if (known !== undefined) return known
    const lifted = concatBytes(EVEN, expectLength(internalKey, 32, 'internal key'))
    this.#even.set(version, lifted)
    return lifted
  }
}

/** A height as scripts push it: small numbers by opcode, else minimal little-endian with a sign byte. */
function numberPush(value: number): Uint8Array {
  if (value === 0) return Uint8Array.of(0)
  if (value <= 16) return Uint8Array.of(0x50 + value)
  const bytes: number[] = []
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) bytes.push(rest % 256)
  if ((bytes.at(-1) ?? 0) >= 0x80) bytes.push(0)
  return Uint8Array.of(bytes.length, ...bytes)
}
