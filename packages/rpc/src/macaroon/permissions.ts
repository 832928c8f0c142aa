import { concatBytes } from '@tidepool/crypto'
import { decodeMessage, encodeMessage } from '../codec/message.ts'
import { badMacaroon } from './errors.ts'

/** Something that may be done, such as `order:write`, or one method: `uri:/poolrpc.Trader/GetInfo`. */
export type Permission = `${string}:${string}`

export interface MacaroonId {
  readonly nonce: Uint8Array
  /** Name of the root key. */
  readonly rootKeyId: string
  readonly permissions: readonly Permission[]
}

const ID_VERSION = 3

/** Identifier of a macaroon: permissions by entity, both in order (macaroon bakery, version 3). */
export function encodeMacaroonId(id: MacaroonId): Uint8Array {
  const byEntity = new Map<string, string[]>()
  for (const permission of [...new Set(id.permissions)].sort()) {
    const cut = permission.indexOf(':')
    const entity = permission.slice(0, cut)
    byEntity.set(entity, [...(byEntity.get(entity) ?? []), permission.slice(cut + 1)])
  }
  const ops = [...byEntity].map(([entity, actions]) => ({ entity, actions }))
  const message = { nonce: id.nonce, storageId: new Uint8Array(Buffer.from(id.rootKeyId)), ops }
  return concatBytes(Uint8Array.of(ID_VERSION), encodeMessage('tidepool.MacaroonId', message))
}

/** @throws MacaroonError BAD_MACAROON */
export function decodeMacaroonId(identifier: Uint8Array): MacaroonId {
  if (identifier[0] !== ID_VERSION) throw badMacaroon('the identifier is not version 3')
  try {
    const { nonce, storageId, ops } = decodeMessage('tidepool.MacaroonId', identifier.subarray(1))
    const permissions = ops.flatMap(({ entity, actions }) => actions.map((action): Permission => `${entity}:${action}`))
    return { nonce, rootKeyId: Buffer.from(storageId).toString('latin1'), permissions }
  } catch {
    throw badMacaroon('the identifier cannot be read')
  }
}
