import { TableStore, type OrderRecord } from '@tidepool/auctioneer'
import { openStore } from '@tidepool/store'
import { print } from '../figure.ts'
import { makeBook } from '../matching/books.ts'
import { openAuctioneer } from './market.ts'

const CHUNK = 5000

/** A store as a busy auctioneer leaves it. */
export async function fill(location: string, size: number): Promise<void> {
  const store = await openStore({ engine: 'level', location })
  const tables = new TableStore(store)
  const { orders } = makeBook('realistic', size)
  const signature = Buffer.alloc(71, 0x30).toString('base64')
  for (let from = 0; from < orders.length; from += CHUNK) {
    const records = orders.slice(from, from + CHUNK).map((entry): OrderRecord => ({
      ...entry,
      signature,
      createdAtNs: 1_800_000_000_000_000_000n,
      userAgent: 'poold/v0.1',
    }))
    await tables.commit(records.map((record) => ({ kind: 'order', record }) as const))
  }
  await store.close()
}

/** From a closed store to a book in memory. */
export async function measureLoad(location: string): Promise<void> {
  const began = performance.now()
  const startedWith = process.cpuUsage()
  const store = await openStore({ engine: 'level', location })
  const { ledger } = await openAuctioneer(new TableStore(store))
  const wallMs = performance.now() - began
  const { user, system } = process.cpuUsage(startedWith)
  const size = ledger.openOrders.size
  print({ name: `intake.load.${size}`, value: wallMs, unit: 'ms' })
  print({ name: `intake.load.${size}.cpu`, value: (user + system) / 1000, unit: 'ms' })
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  print({ name: `intake.load.${size}.memoryPerOrder`, value: (heapUsed + external) / size, unit: 'B' })
  await store.close()
}
