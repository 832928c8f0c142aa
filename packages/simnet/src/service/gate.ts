import { fromHex } from '@tidepool/crypto'
import { MacaroonError, verifyMacaroon, type Interceptor, type Permission } from '@tidepool/rpc'
import { LndRefusal } from '../lndRefusal.ts'
import type { NodeState } from '../node/nodeState.ts'
import { permissionsFor } from './permissions.ts'

const STATE_SERVICE = '/lnrpc.State/'

/** Locked wallet first, macaroon second, both in lnd's words; the State service needs neither. */
export function gate(state: NodeState, rootKey: Uint8Array): Interceptor {
  return async (context, next) => {
    if (context.method.startsWith(STATE_SERVICE)) return next()
    if (state.faults.walletLocked) throw new LndRefusal('wallet locked, unlock it to enable full RPC access')
    const granted = grantedBy(context.metadata.get('macaroon'), rootKey, context.peer)
    const needed = permissionsFor(context.method)
    const byUri: Permission = `uri:${context.method}`
    if (granted.includes(byUri) || needed.every((each) => granted.includes(each))) return next()
    throw new LndRefusal('permission denied')
  }
}

function grantedBy(hex: string | undefined, rootKey: Uint8Array, peer: string): readonly Permission[] {
  if (hex === undefined) throw new LndRefusal('expected 1 macaroon, got 0')
  try {
    const address = peer.replace(/:\d+$/, '')
    return verifyMacaroon(fromHex(hex), () => [rootKey], { now: new Date(), address })
  } catch (error) {
    if (error instanceof MacaroonError && error.code === 'MACAROON_INVALID') {
      throw new LndRefusal('verification failed: signature mismatch after caveat verification')
    }
    throw new LndRefusal('unmarshal v2: varint value extends past end of buffer')
  }
}
