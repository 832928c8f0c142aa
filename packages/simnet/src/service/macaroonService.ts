import { randomBytes } from 'node:crypto'
import { toHex } from '@tidepool/crypto'
import { bakeMacaroon, type Handlers, type lnrpc, type Permission } from '@tidepool/rpc'
import { LndRefusal } from '../lndRefusal.ts'
import { ENTITIES } from './permissions.ts'

const ROOT_KEY_ID = '0'
const LOCATION = 'lnd'
const ACTIONS = ['read', 'write', 'generate']
const SUPPORTED = `supported actions are [${ACTIONS.join(' ')}], supported entities are [${ENTITIES.join(' ')} uri]`

/** Macaroon bytes with these permissions. */
export function bake(rootKey: Uint8Array, permissions: readonly Permission[]): Uint8Array {
  return bakeMacaroon({ nonce: randomBytes(16), rootKeyId: ROOT_KEY_ID, permissions }, rootKey, LOCATION)
}

export function macaroonService(rootKey: Uint8Array): Pick<Handlers<lnrpc.Lightning_Service>, 'bakeMacaroon'> {
  return {
    bakeMacaroon: async ({ permissions }) => {
      if (permissions.length === 0) {
        throw new LndRefusal(`permission list cannot be empty. specify at least one action/entity pair. ${SUPPORTED}`)
      }
      const entities: readonly string[] = [...ENTITIES, 'uri']
      for (const { entity, action } of permissions) {
        if (!entities.includes(entity)) throw new LndRefusal(`invalid permission entity. ${SUPPORTED}`)
        if (entity !== 'uri' && !ACTIONS.includes(action))
          throw new LndRefusal(`invalid permission action. ${SUPPORTED}`)
      }
      const granted = permissions.map(({ entity, action }): Permission => `${entity}:${action}`)
      return { macaroon: toHex(bake(rootKey, granted)) }
    },
  }
}
