import { recordCodec } from '@tidepool/store'
import type { Store } from '@tidepool/store'
import type { RandomBytes } from '../../ports/clock.ts'

/** Root key of every macaroon this daemon makes; the stock daemon uses the same name. */
export const ROOT_KEY_ID = '0'

/** The macaroon root key, drawn once and kept. */
export async function loadOrMakeRootKey(store: Store, random: RandomBytes): Promise<Uint8Array> {
  const table = store.table('macaroon-root-keys', recordCodec<{ readonly key: Uint8Array }>({ version: 1 }))
  const stored = await table.get(ROOT_KEY_ID)
  if (stored !== undefined) return stored.key
  const key = random(32)
  await store.commit([table.put(ROOT_KEY_ID, { key })])
  return key
}
