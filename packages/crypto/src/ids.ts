import type { Brand } from './brand.ts'
import { expectLength, fromHex, reversed, toHex } from './bytes.ts'
import { ClmError } from './errors.ts'
import { isPoint } from './curve.ts'

/** Transaction id, 64 lower-case hex digits in display order. */
export type Txid = Brand<string, 'Txid'>
/** Hash of an order's preimage, 64 lower-case hex digits; the order's id. */
export type OrderNonce = Brand<string, 'OrderNonce'>
/** 33-byte compressed point as 66 lower-case hex digits. */
export type PubKey = Brand<string, 'PubKey'>
/** A trader's base account key, the account's id. */
export type AccountKey = PubKey & Brand<string, 'AccountKey'>
/** Identity key of a Lightning node. */
export type NodeKey = PubKey & Brand<string, 'NodeKey'>
/** Point that tweaks account keys and names batches (white paper §6.1.1). */
export type BatchKey = PubKey & Brand<string, 'BatchKey'>
/** Batch key in force when a batch was built; the batch's id. */
export type BatchId = BatchKey
/** `txid:index`, the form in which an outpoint keys a map. */
export type OutPointText = Brand<string, 'OutPointText'>

export interface OutPoint {
  readonly txid: Txid
  readonly index: number
}

export type IdErrorDetail =
  /** A key is not 33 bytes of a compressed point on secp256k1; trying again does not help. */
  | { readonly code: 'BAD_PUBLIC_KEY'; readonly what: string }
  /** A hash or id is not 32 bytes; trying again does not help. */
  | { readonly code: 'BAD_ID'; readonly what: string; readonly length: number }
  /** An outpoint is not `txid:index`; trying again does not help. */
  | { readonly code: 'BAD_OUTPOINT'; readonly text: string }

export class IdError extends ClmError<IdErrorDetail> {}

const HEX64 = /^[0-9a-f]{64}$/
const HEX66 = /^0[23][0-9a-f]{64}$/

/** Keys found to be points: whether one is takes a square root, and the same accounts and nodes come again and again. */
const points = new Set<string>()
const MOST_POINTS = 50_000

function parseKey(what: string, value: string | Uint8Array): string {
  const text = typeof value === 'string' ? value : toHex(value)
  if (points.has(text)) return text
  if (!HEX66.test(text) || !isPoint(typeof value === 'string' ? Buffer.from(text, 'hex') : value)) {
    throw new IdError({ code: 'BAD_PUBLIC_KEY', what }, `${what}: expected 33 bytes of a compressed public key`)
  }
  if (points.size >= MOST_POINTS) points.clear()
  points.add(text)
  return text
}

/** What the curve computed is a point; only its form is new. */
export const computedKey = (point: Uint8Array): PubKey => toHex(expectLength(point, 33, 'point')) as PubKey
export const computedBatchKey = (point: Uint8Array): BatchKey => computedKey(point) as BatchKey

function parseHash(what: string, value: string | Uint8Array): string {
  const text = typeof value === 'string' ? value : toHex(value)
  if (!HEX64.test(text)) {
    throw new IdError({ code: 'BAD_ID', what, length: value.length }, `${what}: expected 32 bytes`)
  }
  return text
}

/** Each takes lower-case hex or raw bytes. @throws IdError BAD_PUBLIC_KEY */
export const pubKey = (value: string | Uint8Array, what = 'public key'): PubKey => parseKey(what, value) as PubKey
export const accountKey = (value: string | Uint8Array): AccountKey => parseKey('account key', value) as AccountKey
export const nodeKey = (value: string | Uint8Array): NodeKey => parseKey('node key', value) as NodeKey
export const batchKey = (value: string | Uint8Array): BatchKey => parseKey('batch key', value) as BatchKey
export const batchId = (value: string | Uint8Array): BatchId => parseKey('batch id', value) as BatchId

/** Raw bytes are in the nonce's only order. @throws IdError BAD_ID */
export const orderNonce = (value: string | Uint8Array): OrderNonce => parseHash('order nonce', value) as OrderNonce

/** From display-order hex. @throws IdError BAD_ID */
export const txid = (text: string): Txid => parseHash('transaction id', text) as Txid
/** From the 32 bytes of the wire, internal order. @throws IdError BAD_ID */
export const txidFromBytes = (bytes: Uint8Array): Txid => parseHash('transaction id', reversed(bytes)) as Txid
/** The 32 bytes of the wire, internal order. */
export const txidToBytes = (id: Txid): Uint8Array => reversed(fromHex(id, 32))

const flipped = Buffer.alloc(32)

/** The id in the 32 bytes from there on, internal order; the caller knows that they are there. */
export function readTxid(bytes: Uint8Array, at: number): Txid {
  for (let i = 0; i < 32; i++) flipped[31 - i] = bytes[at + i] ?? 0
  return flipped.toString('hex') as Txid
}

/** Writes an id as 32 bytes in internal order. */
export function writeTxid(id: Txid, out: Uint8Array, at: number): void {
  flipped.write(id, 'hex')
  for (let i = 0; i < 32; i++) out[at + i] = flipped[31 - i] ?? 0
}

export const outPoint = (id: Txid, index: number): OutPoint => ({ txid: id, index })
export const formatOutPoint = (point: OutPoint): OutPointText => `${point.txid}:${point.index}` as OutPointText

/** @throws IdError BAD_OUTPOINT */
export function parseOutPoint(text: string): OutPoint {
  const match = /^([0-9a-f]{64}):(0|[1-9][0-9]{0,9})$/.exec(text)
  const index = Number(match?.[2])
  if (match === null || index > 0xffff_ffff) {
    throw new IdError({ code: 'BAD_OUTPOINT', text }, 'outpoint: expected TXID:INDEX')
  }
  return { txid: txid(match[1] ?? ''), index }
}

/** Raw bytes of any hex identity. */
export const idToBytes = (id: PubKey | OrderNonce): Uint8Array => fromHex(id)
