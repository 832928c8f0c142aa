import { sha256 } from '@tidepool/crypto'
import { KeyRing } from '@tidepool/simnet'

type Locator = Parameters<KeyRing['publicKey']>[0]

/** Derivation is the slowest thing a simulated node does, and the same in every world. */
const derived = new Map<string, Uint8Array>()

/** The key ring of a node, its keys derived once for all worlds. */
export class RememberedKeys extends KeyRing {
  readonly #name: string

  constructor(name: string) {
    super(sha256(new TextEncoder().encode(`tidepool sim node ${name}`)))
    this.#name = name
  }

  override publicKey(locator: Locator): Uint8Array {
    return this.#once(`public ${locator.family}/${locator.index}`, () => super.publicKey(locator))
  }

  override secret(locator: Locator): Uint8Array {
    return this.#once(`secret ${locator.family}/${locator.index}`, () => super.secret(locator))
  }

  override publicKeyAt(path: readonly number[]): Uint8Array {
    return this.#once(`public ${path.join('/')}`, () => super.publicKeyAt(path))
  }

  override secretAt(path: readonly number[]): Uint8Array {
    return this.#once(`secret ${path.join('/')}`, () => super.secretAt(path))
  }

  #once(what: string, derive: () => Uint8Array): Uint8Array {
    const name = `${this.#name} ${what}`
    const known = derived.get(name) ?? derive()
    derived.set(name, known)
    return Uint8Array.from(known)
  }
}
