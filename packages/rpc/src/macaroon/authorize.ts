import { fromHex } from '@tidepool/crypto'
import type { CallContext, Interceptor } from '../grpc/callContext.ts'
import { decodeMacaroon, encodeMacaroon, type Caveat, type Macaroon } from './codec.ts'
import { badMacaroon, MacaroonError } from './errors.ts'
import { decodeMacaroonId, encodeMacaroonId, type MacaroonId, type Permission } from './permissions.ts'
import { isSignedBy, signMacaroon } from './signature.ts'

/** Binary form of a new macaroon. */
export function bakeMacaroon(id: MacaroonId, rootKey: Uint8Array, location: string): Uint8Array {
  return encodeMacaroon(signMacaroon(rootKey, encodeMacaroonId(id), location))
}

/** What a call is like, for caveats to judge. */
export interface MacaroonUse {
  readonly now: Date
  /** Peer's address, without the port. */
  readonly address: string
}

const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/

function holds(text: string, use: MacaroonUse): boolean {
  const cut = text.indexOf(' ')
  const [condition, argument] = cut < 0 ? [text, ''] : [text.slice(0, cut), text.slice(cut + 1)]
  switch (condition) {
    case 'time-before':
      return RFC3339.test(argument) && use.now.getTime() < Date.parse(argument)
    case 'ipaddr':
      return argument !== '' && use.address === argument
    default:
      return false
  }
}

function checkCaveat(caveat: Caveat, use: MacaroonUse): void {
  const text = Buffer.from(caveat.identifier).toString('utf8')
  if (caveat.verificationId === undefined && holds(text, use)) return
  throw new MacaroonError({ code: 'MACAROON_CAVEAT_FAILED', caveat: text }, `macaroon: '${text}' does not hold`)
}

/** Root keys of that name, any of which may have made a macaroon; asked for one by one, the next when one does not fit. */
export type RootKeys = (rootKeyId: string) => Iterable<Uint8Array>

function isSignedByAny(rootKeys: Iterable<Uint8Array>, macaroon: Macaroon): boolean {
  for (const rootKey of rootKeys) if (isSignedBy(rootKey, macaroon)) return true
  return false
}

/**
 * What a macaroon permits, once signature and caveats are found good.
 * @throws MacaroonError BAD_MACAROON, MACAROON_INVALID, MACAROON_CAVEAT_FAILED
 */
export function verifyMacaroon(bytes: Uint8Array, rootKeysOf: RootKeys, use: MacaroonUse): readonly Permission[] {
  const macaroon: Macaroon = decodeMacaroon(bytes)
  const id = decodeMacaroonId(macaroon.identifier)
  if (!isSignedByAny(rootKeysOf(id.rootKeyId), macaroon)) {
    throw new MacaroonError({ code: 'MACAROON_INVALID' }, 'macaroon: made by someone else, or changed')
  }
  for (const caveat of macaroon.caveats) checkCaveat(caveat, use)
  return id.permissions
}

export interface MacaroonPolicy {
  readonly rootKeysOf: RootKeys
  /** Permissions a method needs, all of them; undefined for a method nobody may call, empty for one all may. */
  readonly needs: (method: string) => readonly Permission[] | undefined
  readonly now: () => Date
}

const addressOf = (peer: string): string => peer.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1')

function presented(context: CallContext): Uint8Array {
  const hex = context.metadata.get('macaroon')
  if (hex === undefined) {
    throw new MacaroonError({ code: 'MACAROON_MISSING' }, 'expected 1 macaroon, got 0')
  }
  try {
    return fromHex(hex)
  } catch {
    throw badMacaroon('not hex')
  }
}

/** Lets a call pass whose macaroon permits its method: all that is needed, or `uri:` and the method's name. */
export function requireMacaroon(policy: MacaroonPolicy): Interceptor {
  return (context, next) => {
    const { method } = context
    const needed = policy.needs(method)
    if (needed?.length === 0) return next()
    const use = { now: policy.now(), address: addressOf(context.peer) }
    const granted = new Set(verifyMacaroon(presented(context), policy.rootKeysOf, use))
    const permitted =
      needed !== undefined && (granted.has(`uri:${method}`) || needed.every((permission) => granted.has(permission)))
    if (permitted) return next()
    throw new MacaroonError({ code: 'MACAROON_NOT_PERMITTED', method }, `permission denied: ${method}`)
  }
}
