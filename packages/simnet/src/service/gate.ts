import { fromHex } from '@tidepool/crypto'
import { decodeMacaroon, MacaroonError, verifyMacaroon, type Interceptor, type Permission } from '@tidepool/rpc'
import { LndRefusal } from '../lndRefusal.ts'
import type { NodeState } from '../node/nodeState.ts'
import { permissionsFor } from './permissions.ts'

/** Macaroons remembered; more are checked with every call. */
const MOST_LASTING = 100
const STATE_SERVICE = '/lnrpc.State/'

/** Locked wallet first, macaroon second, both in lnd's words; the State service needs neither. */
export function gate(state: NodeState, rootKey: Uint8Array): Interceptor {
  const lasting = new Map<string, readonly Permission[]>()
  return async (context, next) => {
    if (context.method.startsWith(STATE_SERVICE)) return next()
    if (state.faults.walletLocked) throw new LndRefusal('wallet locked, unlock it to enable full RPC access')
    const granted = grantedBy(context.metadata.get('macaroon'), rootKey, context.peer, lasting)
    const needed = permissionsFor(context.method)
    const byUri: Permission = `uri:${context.method}`
    if (granted.includes(byUri) || needed.every((each) => granted.includes(each))) return next()
    throw new LndRefusal('permission denied')
  }
}

/** A macaroon without caveats grants the same every time: it is checked once. */
function grantedBy(
  hex: string | undefined,
  rootKey: Uint8Array,
  peer: string,
  lasting: Map<string, readonly Permission[]>,
): readonly Permission[] {
  if (hex === undefined) throw new LndRefusal('expected 1 macaroon, got 0')
  const known = lasting.get(hex)
  if (known !== undefined) return known
  try {
    const address = peer.replace(/:\d+$/, '')
    const bytes = fromHex(hex)
    const granted = verifyMacaroon(bytes, () => [rootKey], { now: new Date(), address })
    if (decodeMacaroon(bytes).caveats.length === 0 && lasting.size < MOST_LASTING) lasting.set(hex, granted)
    return granted
  } catch (error) {
    if (error instanceof MacaroonError && error.code === 'MACAROON_INVALID') {
      throw new LndRefusal('verification failed: signature mismatch after caveat verification')
    }
    throw new LndRefusal('unmarshal v2: varint value extends past end of buffer')
  }
}
