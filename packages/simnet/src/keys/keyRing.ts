import { HDKey } from '@scure/bip32'
import { sha256, toHex } from '@tidepool/crypto'
import { childOf, keyFromSeed, publicKeyOf, type ExtendedKey } from './bip32.ts'

/** lnd's name for a key: path m/1017'/1'/family'/0/index. */
export interface KeyLocator {
  readonly family: number
  readonly index: number
}

export interface LocatedKey {
  readonly locator: KeyLocator
  /** 33 bytes. */
  readonly publicKey: Uint8Array
}

export const FAMILY = {
  multiSig: 0,
  revocation: 1,
  htlc: 2,
  payment: 3,
  delay: 4,
  revocationRoot: 5,
  node: 6,
  backup: 7,
}
/** lnd derives with coin type 1 on every test network. */
const COIN_TYPE = 1
const HARDENED = 0x8000_0000

/** Keys of one node, from a seed fixed by its name. lnd keychain/derivation.go */
export class KeyRing {
  private readonly seed: Uint8Array
  private readonly keys = new Map<string, ExtendedKey>()
  private readonly next = new Map<number, number>()
  private readonly handedOut = new Map<string, KeyLocator>()
  /** Handed out, their public keys not yet asked for. */
  private unnamed: KeyLocator[] = []

  constructor(seed: Uint8Array) {
    this.seed = seed
  }

  /**
   * Derives what the keys of all families have in common, as a wallet that is open has it at hand, and those of the
   * first channel: in lnd that takes a tenth of the time.
   */
  open(): void {
    for (const family of Object.values(FAMILY)) this.publicKey({ family, index: 0 })
  }

  /** Deterministic ring for a node name. */
  static forName(name: string): KeyRing {
    return new KeyRing(sha256(new TextEncoder().encode(`tidepool simnet node ${name}`)))
  }

  publicKey(locator: KeyLocator): Uint8Array {
    return publicKeyOf(this.leaf(locator))
  }

  secret(locator: KeyLocator): Uint8Array {
    return Uint8Array.from(this.leaf(locator).secret)
  }

  /** Next key of a family; the counter never goes back. */
  nextKey(family: number): LocatedKey {
    const locator = this.nextLocator(family)
    return { locator, publicKey: this.publicKey(locator) }
  }

  /** The same for a key that nobody is told yet. */
  nextLocator(family: number): KeyLocator {
    const locator = { family, index: this.next.get(family) ?? 0 }
    this.next.set(family, locator.index + 1)
    this.unnamed.push(locator)
    return locator
  }

  /** Index the next `nextKey` will use. */
  keyCount(family: number): number {
    return this.next.get(family) ?? 0
  }

  /** Families that have handed out a key. */
  usedFamilies(): readonly number[] {
    return [...this.next.keys()]
  }

  /** Locator of a key handed out before; lnd finds no other by its bytes alone. */
  find(publicKey: Uint8Array): KeyLocator | undefined {
    for (const locator of this.unnamed) this.handedOut.set(toHex(this.publicKey(locator)), locator)
    this.unnamed = []
    return this.handedOut.get(toHex(publicKey))
  }

  get nodeKey(): Uint8Array {
    return this.publicKey({ family: FAMILY.node, index: 0 })
  }

  /** Key at an arbitrary path, such as m/84'/0'/0'/0/3. */
  secretAt(path: readonly number[]): Uint8Array {
    return Uint8Array.from(this.keyAt(path).secret)
  }

  publicKeyAt(path: readonly number[]): Uint8Array {
    return publicKeyOf(this.keyAt(path))
  }

  /** Extended public key of an account path. */
  extendedPublicKey(path: readonly number[]): string {
    return path.reduce((key, index) => key.deriveChild(index), HDKey.fromMasterSeed(this.seed)).publicExtendedKey
  }

  private leaf(locator: KeyLocator): ExtendedKey {
    return this.keyAt([...familyPath(locator.family), 0, locator.index])
  }

  private keyAt(path: readonly number[]): ExtendedKey {
    const name = path.join('/')
    const known = this.keys.get(name)
    if (known !== undefined) return known
    const last = path.at(-1)
    const key = last === undefined ? keyFromSeed(this.seed) : childOf(this.keyAt(path.slice(0, -1)), last)
    this.keys.set(name, key)
    return key
  }
}

export const hardened = (index: number): number => index + HARDENED
export const familyPath = (family: number): readonly number[] => [hardened(1017), hardened(COIN_TYPE), hardened(family)]

/** `m/1017'/1'/220'` and the like. */
export function formatPath(path: readonly number[]): string {
  const steps = path.map((step) => (step >= HARDENED ? `${step - HARDENED}'` : String(step)))
  return ['m', ...steps].join('/')
}

/** Numbers of `m/84'/0'/0'/0/3`; undefined for anything else. */
export function parsePath(text: string): readonly number[] | undefined {
  const [root, ...steps] = text.split('/')
  if (root !== 'm' || !steps.every((step) => /^\d+['h]?$/.test(step))) return undefined
  return steps.map((step) => (/\D/.test(step) ? hardened(Number.parseInt(step, 10)) : Number(step)))
}

/** Family of a path m/1017'/1'/family'/0/index, with its index. */
export function locatorOfPath(path: readonly number[]): KeyLocator | undefined {
  const [purpose, coin, family, change, index] = path
  if (path.length !== 5 || purpose !== hardened(1017) || coin !== hardened(COIN_TYPE) || change !== 0) return undefined
  return family === undefined || index === undefined ? undefined : { family: family - HARDENED, index }
}

/** A locator lnd's signer takes for "none given": (0, 0). */
export const isEmptyLocator = (locator: KeyLocator): boolean => locator.family === 0 && locator.index === 0
