import { randomBytes } from 'node:crypto'
import {
  combinePartials,
  compareBytes,
  generateNonce,
  parsePublicNonce,
  pubKey,
  PUBLIC_NONCE_SIZE,
  Remembered,
  sha256,
  signPartial,
  startSession,
  toHex,
  type AggregateKey,
  type KeyPair,
  type MuSig2Session,
  type MuSig2Version,
  type NoncePair,
  type PubKey,
} from '@tidepool/crypto'
import type { signrpc } from '@tidepool/rpc'
import type { KeyRing } from '../keys/keyRing.ts'
import { LndRefusal } from '../lndRefusal.ts'
import { aggregateOf, signersOf, versionOf } from './musig2Keys.ts'
import { locatorOf } from './signingKey.ts'

interface Open {
  readonly id: string
  readonly key: AggregateKey
  readonly keyPair: KeyPair
  readonly nonce: NoncePair
  readonly signers: number
  readonly nonces: Uint8Array[]
  readonly partials: Uint8Array[]
  signing: MuSig2Session | undefined
  signed: boolean
}

/** MuSig2 sessions of lnd's signer. In memory only: a restarted node knows none. lnd input/musig2_session_manager.go */
export class MuSig2Sessions {
  private readonly ring: KeyRing
  private readonly random: (length: number) => Uint8Array
  private readonly open = new Map<string, Open>()

  /** `random` must never repeat itself: a nonce drawn twice gives the key away. */
  constructor(ring: KeyRing, random: (length: number) => Uint8Array = randomBytes) {
    this.ring = ring
    this.random = random
  }

  create(request: signrpc.MuSig2SessionRequest): signrpc.MuSig2SessionResponseInit {
    const version = versionOf(request.version)
    if (request.allSignerPubkeys.length < 2) throw new LndRefusal('need at least two signing public keys')
    const others = checkNonces(request.otherSignerPublicNonces)
    const locator = locatorOf(request.keyLoc)
    const keyPair = { secretKey: this.ring.secret(locator), publicKey: pubKey(this.ring.publicKey(locator)) }
    const key = aggregateOf(version, request)
    expectSigner(version, request.allSignerPubkeys, keyPair.publicKey)
    const nonce = generateNonce(this.random(32), keyPair)
    const sessionId = sha256(key.point, nonce.publicNonce)
    const session: Open = {
      id: toHex(sessionId),
      key,
      keyPair,
      nonce,
      signers: request.allSignerPubkeys.length,
      nonces: [nonce.publicNonce],
      partials: [],
      signing: undefined,
      signed: false,
    }
    for (const each of others) addNonce(session, each)
    this.open.set(session.id, session)
    return {
      sessionId,
      combinedKey: key.point.subarray(1),
      taprootInternalKey: key.untweaked.subarray(1),
      localPublicNonces: nonce.publicNonce,
      haveAllNonces: session.nonces.length === session.signers,
      version: request.version,
    }
  }

  registerNonces(sessionId: Uint8Array, nonces: readonly Uint8Array[]): boolean {
    const parsed = checkNonces(nonces)
    const session = this.find(sessionId, 'error registering nonces')
    for (const nonce of parsed) addNonce(session, nonce)
    return session.nonces.length === session.signers
  }

  sign(sessionId: Uint8Array, digest: Uint8Array, cleanup: boolean): Uint8Array {
    if (digest.length !== 32) {
      throw new LndRefusal(`invalid message digest size, got ${digest.length} but expected 32`)
    }
    const session = this.find(sessionId, 'error signing')
    if (session.nonces.length < session.signers) {
      throw new LndRefusal(`error signing: only have ${session.nonces.length} of ${session.signers} required nonces`)
    }
    if (session.signed) {
      const twice = 'error signing with local key'
      throw new LndRefusal(`error signing: ${twice}: ${twice}: nonce already used`)
    }
    session.signing = sessionOf(session, digest)
    const partial = signPartial(session.signing, session.nonce.secretNonce, session.keyPair)
    session.signed = true
    session.partials.push(partial)
    if (cleanup) this.open.delete(session.id)
    return partial
  }

  /** Final signature; undefined while parts are missing. */
  combine(sessionId: Uint8Array, others: readonly Uint8Array[]): Uint8Array | undefined {
    if (others.length === 0) throw new LndRefusal('at least one partial signature must be given')
    for (const [i, each] of others.entries()) {
      if (each.length !== 32) {
        const note = `invalid length, got ${each.length} but expected 32`
        throw new LndRefusal(`error parsing other signatures: invalid partial signature at index ${i}: ${note}`)
      }
    }
    const session = this.find(sessionId, 'error combining signatures')
    const preamble = 'error combining signatures: error combining partial signature: error combining partial signature'
    for (const each of others) {
      if (session.partials.length === session.signers) throw new LndRefusal(`${preamble}: already have all sigs`)
      session.partials.push(each)
    }
    if (session.partials.length < session.signers || session.signing === undefined) return undefined
    const signature = combined(session.signing, session.partials)
    if (signature === undefined) throw new LndRefusal(`${preamble}: final signature is invalid`)
    this.open.delete(session.id)
    return signature
  }

  cleanup(sessionId: Uint8Array): void {
    this.open.delete(this.find(sessionId, 'error cleaning up session').id)
  }

  private find(sessionId: Uint8Array, preamble: string): Open {
    if (sessionId.length !== 32) {
      throw new LndRefusal(`error parsing session ID: invalid session ID length, got ${sessionId.length} wanted 32`)
    }
    const id = toHex(sessionId)
    const session = this.open.get(id)
    if (session === undefined) throw new LndRefusal(`${preamble}: session with ID ${id} not found`)
    return session
  }
}

/** Both signers are often nodes of one simnet, which need the same values. Nothing of them is secret. */
const sessions = new Remembered<MuSig2Session>(2_000)

function sessionOf({ key, nonces }: Open, digest: Uint8Array): MuSig2Session {
  const name = [key.point, digest, ...nonces.toSorted(compareBytes)].map(toHex).join('/')
  return sessions.get(name, () => startSession({ key, message: digest, publicNonces: nonces }))
}

function combined(signing: MuSig2Session, partials: readonly Uint8Array[]): Uint8Array | undefined {
  try {
    return combinePartials(signing, partials)
  } catch {
    return undefined
  }
}

function expectSigner(version: MuSig2Version, keys: readonly Uint8Array[], own: PubKey): void {
  const ours = version === '0.4.0' ? pubKey(`02${own.slice(2)}`) : own
  if (signersOf(version, keys).includes(ours)) return
  throw new LndRefusal(
    'error registering session: error creating signing context: error creating MuSig2 signing context: ' +
      'signing key is not found in key set',
  )
}

function checkNonces(nonces: readonly Uint8Array[]): readonly Uint8Array[] {
  for (const [i, nonce] of nonces.entries()) {
    if (nonce.length !== PUBLIC_NONCE_SIZE) {
      const note = `invalid length, got ${nonce.length} but expected ${PUBLIC_NONCE_SIZE}`
      throw new LndRefusal(`error parsing other nonces: invalid public nonce at index ${i}: ${note}`)
    }
    try {
      parsePublicNonce(nonce, i)
    } catch {
      throw new LndRefusal(`error parsing other nonces: invalid public nonce at index ${i}: not on the curve`)
    }
  }
  return nonces
}

function addNonce(session: Open, nonce: Uint8Array): void {
  if (session.nonces.length === session.signers)
    throw new LndRefusal('error registering nonces: already have all nonces')
  session.nonces.push(nonce)
}
