import { beforeEach, describe, expect, it } from 'vitest'
import { openStore, recordCodec } from '@tidepool/store'
import type { Store } from '@tidepool/store'
import { opened, recordOf } from '../../../test/openedAccount.ts'
import type { AccountRecord } from '../../core/account.ts'
import { TableStore } from './auctioneerStore.ts'

const batch = new Uint8Array(1000).fill(7)
const other = new Uint8Array(300).fill(9)

let store: Store
let records: readonly AccountRecord[]
beforeEach(async () => {
  store = await openStore({ engine: 'memory' })
  const { world, alice } = await opened()
  const [bob] = await world.openTraders(['bob', 2])
  if (bob === undefined) throw new Error('no trader')
  records = [recordOf(world, alice), recordOf(world, bob)]
})

const put = (...accounts: readonly AccountRecord[]) =>
  new TableStore(store).commit(accounts.map((record) => ({ kind: 'account', record })))
const having = (latestTx: Uint8Array | undefined) => records.map((record): AccountRecord => ({ ...record, latestTx }))

async function countTransactions(): Promise<number> {
  let count = 0
  const table = store.table('transaction', recordCodec<Uint8Array>({ version: 1 }))
  for await (const page of table.pages()) count += page.length
  return count
}

describe('the latest transactions of accounts', () => {
  it('are stored once when accounts have the same, and come back as the same bytes', async () => {
    await put(...having(batch))
    expect(await countTransactions()).toBe(1)
    const { accounts } = await new TableStore(store).load()
    const byKey = (a: AccountRecord, b: AccountRecord) => (a.account.key < b.account.key ? -1 : 1)
    expect(accounts.toSorted(byKey)).toEqual(having(batch).toSorted(byKey))
    expect(accounts[0]?.latestTx).toBe(accounts[1]?.latestTx)
  })

  it('stay while one account has them, those of before a start too', async () => {
    await put(...having(batch))
    const restarted = new TableStore(store)
    await restarted.load()
    const [first, second] = having(other)
    if (first === undefined || second === undefined) throw new Error('two accounts')
    await restarted.commit([{ kind: 'account', record: first }])
    expect(await countTransactions()).toBe(2)
    await restarted.commit([{ kind: 'account', record: second }])
    expect(await countTransactions()).toBe(1)
  })

  it('of what an account was before are kept with it', async () => {
    const [first] = having(batch)
    if (first === undefined) throw new Error('an account')
    const { account, state, changes, heightHint } = first
    const previous = { account, state, changes, heightHint, latestTx: other, spentBy: account.outpoint.txid }
    await put({ ...first, previous })
    expect(await countTransactions()).toBe(2)
    expect((await new TableStore(store).load()).accounts).toEqual([{ ...first, previous }])
  })

  it('are read from records of version 2, which held them', async () => {
    const [first] = having(batch)
    if (first === undefined) throw new Error('an account')
    const before = store.table('account', recordCodec<AccountRecord>({ version: 2 }))
    await store.commit([before.put(first.account.key, first)])
    expect((await new TableStore(store).load()).accounts).toEqual([first])
  })

  it('that are missing are told', async () => {
    await put(...having(batch))
    const table = store.table('transaction', recordCodec<Uint8Array>({ version: 1 }))
    for await (const [name] of table.entries()) await store.commit([table.del(name)])
    await expect(new TableStore(store).load()).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
  })
})
