import { Level } from 'level'
import { MemoryLevel } from 'memory-level'
import { StoreError } from './errors.ts'
import { type Database, LevelStore } from './levelStore.ts'
import type { Store } from './store.ts'

export type StoreOptions = { readonly engine: 'level'; readonly location: string } | { readonly engine: 'memory' }

/** Opens the store, making it when it is not there. @throws StoreError STORE_LOCKED, STORE_CORRUPT, STORE_UNAVAILABLE */
export async function openStore(options: StoreOptions): Promise<Store> {
  return options.engine === 'level'
    ? openOver(new Level<string, string>(options.location), options.location)
    : openOver(new MemoryLevel<string, string>(), 'memory')
}

async function openOver(db: Database, location: string): Promise<Store> {
  try {
    await db.open()
  } catch (error) {
    throw openError(error, location)
  }
  return new LevelStore(db, location)
}

function openError(error: unknown, location: string): StoreError {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
  const levelCode = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined
  if (levelCode === 'LEVEL_LOCKED') {
    return new StoreError(
      { code: 'STORE_LOCKED', location },
      `${location} is in use by another process: stop that one first`,
      { cause },
    )
  }
  if (levelCode === 'LEVEL_CORRUPTION') {
    return new StoreError({ code: 'STORE_CORRUPT', location }, `${location} is damaged: restore a backup`, { cause })
  }
  return new StoreError(
    { code: 'STORE_UNAVAILABLE', location },
    `${location} cannot be opened: check the path, its permissions and the disk`,
    { cause },
  )
}
