// Commits numbered batches over three tables and prints each number once it is durable. Killed by crash.test.ts.
import { openStore, recordCodec } from '../dist/index.js'

const store = await openStore({ engine: 'level', location: process.argv[2] })
const codec = recordCodec({ version: 1 })
const [orders, accounts, journal] = ['orders', 'accounts', 'journal'].map((name) => store.table(name, codec))
const padding = 'x'.repeat(300)

let next = Number(process.argv[3])
const commitOne = async () => {
  const n = next++
  const key = String(n).padStart(9, '0')
  await store.commit([
    ...Array.from({ length: 8 }, (_, i) => orders.put(`${key}-${i}`, { n, padding })),
    accounts.put('account', { n, balance: BigInt(n) }),
    journal.put(key, { n }),
  ])
  process.stdout.write(`${n}\n`)
}
const worker = async () => {
  for (;;) await commitOne()
}
await Promise.all([worker(), worker(), worker()])
