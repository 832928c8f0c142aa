import { LndError, classifyLnd } from '@tidepool/rpc'
import { LndRefusal } from '@tidepool/simnet'

/** Runs something of a node; what it refuses, it refuses as the adapters would tell it. @throws LndError */
export function asLnd<T>(effect: () => T): T {
  try {
    return effect()
  } catch (error) {
    if (!(error instanceof LndRefusal)) throw error
    const { status, details } = error.detail
    throw new LndError({ code: classifyLnd(status, details), method: 'sim', details }, `lnd: ${details}`)
  }
}
