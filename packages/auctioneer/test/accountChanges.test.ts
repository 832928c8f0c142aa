import { describe, expect, it } from 'vitest'
import { incrementBatchKey, txidOf } from '@tidepool/crypto'
import type { Transaction } from '@tidepool/crypto'
import { change, pay, prepare, wallet } from './changes.ts'
import type { Wish } from './changes.ts'
import { eventsOf, expirySpend, opened, recordOf, stateOf } from './openedAccount.ts'
import type { ScriptedTrader } from './scriptedTrader.ts'
import { World } from './world.ts'

const WISHES: readonly (readonly [string, Wish])[] = [
  ['deposit', { kind: 'deposit', amount: 700_000n }],
  ['withdraw', { kind: 'withdraw', outputs: [pay(100_000), pay(50_000, wallet(2))] }],
  ['renew', { kind: 'renew', expiry: 20_000 }],
]

describe.each([0, 1, 2] as const)('version %i', (version) => {
  it.each(WISHES)('%s: signed, then whatever confirms is the account', async (_, wish) => {
    const { world, alice } = await opened(version)
    const before = recordOf(world, alice)
    const { next, txid } = await change(world, alice, wish)
    expect(stateOf(world, alice)).toEqual({ kind: 'changeSigned', base: 'open', via: 'funding' })
    expect(recordOf(world, alice).account).toEqual(before.account)
    await world.mine(1)
    expect(stateOf(world, alice)).toEqual({ kind: 'pendingUpdate' })
    expect(recordOf(world, alice)).toMatchObject({ account: next, changes: [] })
    await world.mine(3)
    expect(stateOf(world, alice)).toEqual({ kind: 'open', via: 'update' })
    expect(recordOf(world, alice).account.batchKey).toBe(incrementBatchKey(before.account.batchKey))
    expect(recordOf(world, alice).account.outpoint.txid).toBe(txid)
    const again = await change(world, alice, { kind: 'withdraw', outputs: [pay(10_000)] })
    await world.mine(4)
    expect(recordOf(world, alice)).toMatchObject({ account: again.next, state: { kind: 'open' } })
  })

  it.each([0, 1, 2].filter((to) => to >= version))('goes on to version %i with a change', async (to) => {
    const { world, alice } = await opened(version)
    await change(world, alice, { kind: 'deposit', amount: 10_000n, version: to })
    await world.mine(4)
    expect(recordOf(world, alice)).toMatchObject({ account: { version: to }, state: { kind: 'open' } })
    await change(world, alice, { kind: 'close' })
    await world.mine(1)
    expect(stateOf(world, alice)).toEqual({ kind: 'closed', by: 'cooperative' })
  })

  it('close: open until it confirms, then closed', async () => {
    const { world, alice } = await opened(version)
    await change(world, alice, { kind: 'close' })
    expect(stateOf(world, alice)?.kind).toBe('changeSigned')
    await world.mine(1)
    expect(stateOf(world, alice)).toEqual({ kind: 'closed', by: 'cooperative' })
    expect(await eventsOf(world, alice)).toEqual([
      'announced: pendingOpen',
      'confirmed: open',
      'close signed: changeSigned',
      'spent (cooperative): closed',
    ])
  })

  it('renews an expired account', async () => {
    const { world, alice } = await opened(version, 150)
    await world.mine(150)
    expect(stateOf(world, alice)).toEqual({ kind: 'expired', via: 'funding' })
    await change(world, alice, { kind: 'renew', expiry: world.chain.bestHeight() + 1000 })
    expect(stateOf(world, alice)).toMatchObject({ kind: 'changeSigned', base: 'expired' })
    await world.mine(4)
    expect(stateOf(world, alice)).toEqual({ kind: 'open', via: 'update' })
  })
})

describe('refused', () => {
  interface Case {
    readonly name: string
    readonly code: string
    readonly wish: Wish
    readonly before?: (world: World, alice: ScriptedTrader) => Promise<void>
  }
  const cases: readonly Case[] = [
    {
      name: 'deposit above the maximum',
      code: 'ACCOUNT_VALUE_TOO_HIGH',
      wish: { kind: 'deposit', amount: 1_000_000_000n },
    },
    {
      name: 'withdrawal that an order needs',
      code: 'ACCOUNT_ORDERS_UNCOVERED',
      wish: { kind: 'withdraw', outputs: [pay(4_000_000)] },
      before: async (_, alice) => alice.submit(alice.ask(20)),
    },
    {
      name: 'close with an order',
      code: 'ACCOUNT_ORDERS_OPEN',
      wish: { kind: 'close' },
      before: async (_, alice) => alice.submit(alice.ask(5)),
    },
    {
      name: 'change while another waits for confirmations',
      code: 'ACCOUNT_CHANGE_UNCONFIRMED',
      wish: { kind: 'close' },
      before: async (world, alice) => {
        await change(world, alice, { kind: 'renew', expiry: 9_000 })
        await world.mine(1)
      },
    },
    {
      name: 'deposit after expiry',
      code: 'ACCOUNT_NOT_MODIFIABLE',
      wish: { kind: 'deposit', amount: 1000n, expiry: 20_000 },
      before: (world) => world.mine(5_000),
    },
    {
      name: 'close of a closed account',
      code: 'ACCOUNT_NOT_MODIFIABLE',
      wish: { kind: 'close' },
      before: async (world, alice) => {
        const { account } = alice
        await change(world, alice, { kind: 'close' })
        await world.mine(1)
        alice.account = account
      },
    },
  ]
  it.each(cases)('$name', async ({ code, wish, before }) => {
    const { world, alice } = await opened()
    await before?.(world, alice)
    const record = recordOf(world, alice)
    await expect(prepare(world, alice, wish).sign()).rejects.toMatchObject({ code })
    expect(recordOf(world, alice)).toEqual(record)
    expect(world.lnd.openSessions.size).toBe(0)
  })

  it('names the orders that a withdrawal would uncover, the newest ones only', async () => {
    const { world, alice } = await opened()
    const orders = [alice.ask(10), alice.ask(10), alice.ask(20)]
    for (const order of orders) await alice.submit(order)
    const wish: Wish = { kind: 'withdraw', outputs: [pay(2_500_000)] }
    const nonces = [orders[2]?.nonce]
    await expect(prepare(world, alice, wish).sign()).rejects.toMatchObject({ detail: { nonces } })
  })

  it('before the account is open', async () => {
    const world = await World.start()
    const alice = world.trader('alice')
    await alice.openAccount(1_000_000, 2)
    await expect(prepare(world, alice, { kind: 'close' }).sign()).rejects.toMatchObject({
      detail: { code: 'ACCOUNT_NOT_MODIFIABLE', state: 'pendingOpen' },
    })
  })

  it('for a key without account', async () => {
    const { world, alice } = await opened()
    const { request } = prepare(world, alice, { kind: 'close' })
    const unknown = { ...request, traderKey: world.trader('nobody').key }
    await expect(world.auctioneer.changes.modify(unknown, '')).rejects.toMatchObject({ code: 'ACCOUNT_NOT_FOUND' })
  })

  it('from another connection than the one that is subscribed', async () => {
    const { world, alice } = await opened()
    const wish: Wish = { kind: 'renew', expiry: 20_000 }
    await expect(prepare(world, alice, wish).sign('elsewhere')).rejects.toMatchObject({
      code: 'ACCOUNT_ON_OTHER_CONNECTION',
    })
    alice.disconnect()
    await prepare(world, alice, wish).sign('elsewhere')
    expect(stateOf(world, alice)?.kind).toBe('changeSigned')
  })

  it.each([
    [0, new Uint8Array(66)],
    [1, new Uint8Array()],
    [2, new Uint8Array(66)],
    [2, new Uint8Array(65)],
  ] as const)('version %i with wrong nonces', async (version, traderNonces) => {
    const { world, alice } = await opened(version)
    const { request } = prepare(world, alice, { kind: 'close' })
    const call = world.auctioneer.changes.modify({ ...request, traderNonces }, '')
    await expect(call).rejects.toMatchObject({ code: 'CHANGE_BAD_NONCES' })
    expect(recordOf(world, alice).changes).toEqual([])
  })

  it('coins of another account and of the auctioneer', async () => {
    const { world, alice } = await opened()
    await world.fundMaster()
    const [bob] = await world.openTraders(['bob', 2])
    const { master } = world.auctioneer.ledger.auction
    if (bob?.account === undefined || master?.kind !== 'ready') throw new Error('not set up')
    const { request } = prepare(world, alice, { kind: 'deposit', amount: 1000n })
    for (const outpoint of [bob.account.outpoint, master.outpoint]) {
      const inputs = request.inputs.map((input) => ({ ...input, outpoint }))
      const call = world.auctioneer.changes.modify({ ...request, inputs }, '')
      await expect(call).rejects.toMatchObject({ code: 'CHANGE_INPUT_FOREIGN' })
    }
  })
})

describe('in a batch', () => {
  it('is neither changed while the batch is made nor before it confirms, but after that', async () => {
    const world = await World.start()
    await world.fundMaster()
    const [alice, bob] = await world.openTraders(['alice', 0], ['bob', 2])
    if (alice === undefined || bob === undefined) throw new Error('no traders')
    await alice.submit(alice.ask(10))
    await bob.submit(bob.bid(6))
    const wish: Wish = { kind: 'renew', expiry: 20_000 }
    let during: unknown
    bob.script.onSign = (reply) => {
      during = prepare(world, alice, wish)
        .sign()
        .catch((error: unknown) => error)
      return reply
    }
    expect(await world.auction()).toMatchObject({ outcome: 'batch' })
    expect(await during).toMatchObject({ code: 'ACCOUNT_IN_BATCH' })
    await expect(prepare(world, alice, wish).sign()).rejects.toMatchObject({ code: 'ACCOUNT_IN_BATCH' })
    await world.mine(3)
    await change(world, alice, wish)
    await world.mine(4)
    expect(recordOf(world, alice)).toMatchObject({
      state: { kind: 'open', via: 'update' },
      account: { expiry: 20_000 },
    })
    await alice.submit(alice.ask(5))
    await bob.submit(bob.bid(5))
    expect(await world.auction()).toMatchObject({ outcome: 'batch' })
  })

  it('takes no account whose change is signed, until one confirms', async () => {
    const world = await World.start()
    await world.fundMaster()
    const [alice, bob] = await world.openTraders(['alice', 0], ['bob', 2])
    if (alice === undefined || bob === undefined) throw new Error('no traders')
    await alice.submit(alice.ask(10))
    await bob.submit(bob.bid(6))
    const signed = await prepare(world, alice, { kind: 'renew', expiry: 20_000 }).sign()
    expect(await world.auction()).toMatchObject({ outcome: 'nothingToMatch' })
    world.chain.broadcast(signed)
    await world.mine(4)
    alice.account = recordOf(world, alice).account
    expect(await world.auction()).toMatchObject({ outcome: 'batch' })
  })
})

describe('several changes of one output', () => {
  it.each([0, 1, 2])('may be signed; number %i confirms and defines the account', async (which) => {
    const { world, alice } = await opened()
    const all = [
      prepare(world, alice, { kind: 'renew', expiry: 9_000 }),
      prepare(world, alice, { kind: 'deposit', amount: 300_000n, version: 2 }),
      prepare(world, alice, { kind: 'close' }),
    ]
    const signed: Transaction[] = []
    for (const one of all) signed.push(await one.sign())
    expect(recordOf(world, alice).changes.map(({ kind }) => kind)).toEqual(['renew', 'deposit', 'close'])
    const [chosen, prepared] = [signed[which], all[which]]
    if (chosen === undefined || prepared === undefined) throw new Error('not signed')
    world.chain.broadcast(chosen)
    await world.mine(4)
    const { next } = prepared.change
    if (next === undefined) expect(stateOf(world, alice)).toEqual({ kind: 'closed', by: 'cooperative' })
    else expect(recordOf(world, alice)).toMatchObject({ account: next, state: { kind: 'open' } })
  })

  it('count once when they are the same transaction, and are signed with fresh nonces', async () => {
    const { world, alice } = await opened()
    const first = prepare(world, alice, { kind: 'renew', expiry: 9_000 })
    const second = prepare(world, alice, { kind: 'renew', expiry: 9_000 })
    expect(txidOf(await first.sign())).toBe(txidOf(await second.sign()))
    expect(recordOf(world, alice).changes).toHaveLength(1)
  })

  it('let the trader spend alone after expiry all the same', async () => {
    const { world, alice } = await opened(2, 150)
    const account = recordOf(world, alice).account
    await prepare(world, alice, { kind: 'close' }).sign()
    await world.mine(150)
    expect(stateOf(world, alice)).toMatchObject({ kind: 'changeSigned', base: 'expired' })
    world.chain.broadcast(expirySpend(account))
    await world.mine(1)
    expect(stateOf(world, alice)).toEqual({ kind: 'closed', by: 'expiry' })
  })
})
