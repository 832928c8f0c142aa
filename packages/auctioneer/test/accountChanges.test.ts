import { describe, expect, it } from 'vitest'
import { accountOutput, decodeTx, incrementBatchKey, txidOf } from '@tidepool/crypto'
import type { Transaction } from '@tidepool/crypto'
import type { Account, AccountVersion } from '@tidepool/market'
import { change, pay, prepare, wallet } from './changes.ts'
import type { Wish } from './changes.ts'
import { settle } from './fakeWorld.ts'
import type { ScriptedTrader } from './scriptedTrader.ts'
import { World } from './world.ts'

async function opened(version: AccountVersion = 2, blocks = 5000) {
  const world = await World.start()
  const alice = world.trader('alice')
  await alice.openAccount(5_000_000, version, blocks)
  await world.mine(6)
  await alice.connect()
  return { world, alice }
}

const recordOf = (world: World, trader: ScriptedTrader) => {
  const record = world.auctioneer.ledger.accounts.get(trader.key)
  if (record === undefined) throw new Error('no account')
  return record
}
const stateOf = (world: World, trader: ScriptedTrader) => recordOf(world, trader).state
const eventsOf = async (world: World, trader: ScriptedTrader) =>
  (await world.auctioneer.ledger.store.accountSteps(trader.key)).map(({ event, state }) => `${event}: ${state}`)

const secretOf = (world: World, trader: ScriptedTrader) => ({ secret: recordOf(world, trader).account.secret })

function expirySpend(account: Account): Transaction {
  const output = accountOutput({ ...account, traderKey: account.key })
  const witness =
    output.kind === 'p2wsh'
      ? [new Uint8Array(), new Uint8Array(71), output.witnessScript]
      : [new Uint8Array(64), output.leafScript, output.controlBlock]
  const inputs = [{ prevout: account.outpoint, scriptSig: new Uint8Array(), sequence: 0, witness }]
  return { version: 2, lockTime: 0, inputs, outputs: [pay(1000)] }
}

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

describe('crashes', () => {
  it.each([0, 2] as const)('version %i: after the change was stored, before it was signed', async (version) => {
    const { world, alice } = await opened(version)
    const wish: Wish = { kind: 'renew', expiry: 9_000 }
    const { signEcdsa, signMuSig2 } = world.lnd
    const hang = (): Promise<never> => new Promise(() => {})
    Object.assign(world.lnd, { signEcdsa: hang, signMuSig2: hang })
    void prepare(world, alice, wish).sign()
    await settle()
    world.crash()
    Object.assign(world.lnd, { signEcdsa, signMuSig2 })
    await world.boot()
    expect(stateOf(world, alice)?.kind).toBe('changeSigned')
    const { next } = await change(world, alice, { kind: 'deposit', amount: 1_000n })
    await world.mine(4)
    expect(recordOf(world, alice)).toMatchObject({ account: next, state: { kind: 'open' } })
  })

  it.each([0, 2] as const)(
    'version %i: after the signature, its change confirms while we are down',
    async (version) => {
      const { world, alice } = await opened(version)
      const { next } = await change(world, alice, { kind: 'renew', expiry: 9_000 })
      world.crash()
      world.chain.mine(10)
      await world.boot()
      expect(recordOf(world, alice)).toMatchObject({ account: next, state: { kind: 'open', via: 'update' } })
    },
  )

  it('while the change has one confirmation', async () => {
    const { world, alice } = await opened()
    const { next } = await change(world, alice, { kind: 'renew', expiry: 9_000 })
    await world.mine(1)
    world.crash()
    await world.boot()
    expect(stateOf(world, alice)).toEqual({ kind: 'pendingUpdate' })
    await world.mine(2)
    expect(recordOf(world, alice)).toMatchObject({ account: next, state: { kind: 'open', via: 'update' } })
  })

  it.each([0, 2] as const)('version %i: nothing remains of a change that lnd would not sign', async (version) => {
    const { world, alice } = await opened(version)
    const before = recordOf(world, alice)
    world.lnd.signError = new Error('lnd is gone')
    await expect(prepare(world, alice, { kind: 'close' }).sign()).rejects.toThrow('lnd is gone')
    expect(recordOf(world, alice)).toMatchObject({ account: before.account, state: before.state, changes: [] })
    expect(world.lnd.openSessions.size).toBe(0)
    world.lnd.signError = undefined
    await change(world, alice, { kind: 'close' })
  })

  it('nothing is signed that could not be stored', async () => {
    const { world, alice } = await opened(0)
    const { store } = world.auctioneer.ledger
    let signatures = 0
    const { signEcdsa } = world.lnd
    world.lnd.signEcdsa = (request) => {
      signatures += 1
      return signEcdsa.call(world.lnd, request)
    }
    const commit = store.commit.bind(store)
    store.commit = () => Promise.reject(new Error('the disk is full'))
    await expect(prepare(world, alice, { kind: 'close' }).sign()).rejects.toThrow('the disk is full')
    expect(signatures).toBe(0)
    expect(stateOf(world, alice)?.kind).toBe('open')
    store.commit = commit
    await change(world, alice, { kind: 'close' })
    expect(signatures).toBe(1)
  })
})

describe('reorganisations', () => {
  it('undo an opening', async () => {
    const { world, alice } = await opened()
    world.chain.reorg(6)
    await settle()
    expect(stateOf(world, alice)).toEqual({ kind: 'pendingOpen' })
    await world.mine(3)
    expect(stateOf(world, alice)).toEqual({ kind: 'open', via: 'funding' })
  })

  it('undo an opening and bring it back, told in one go', async () => {
    const { world, alice } = await opened()
    world.chain.reorg(6)
    world.chain.mine(7)
    await settle()
    expect(stateOf(world, alice)).toEqual({ kind: 'open', via: 'funding' })
    await change(world, alice, { kind: 'deposit', amount: 10_000n })
    await world.mine(3)
    world.chain.reorg(3)
    world.chain.mine(4)
    await settle()
    expect(recordOf(world, alice)).toMatchObject({ account: alice.account, state: { kind: 'open', via: 'update' } })
  })

  it.each([false, true])('undo a deposit of one confirmation (restarted before: %s)', async (restarted) => {
    const { world, alice } = await opened()
    const before = recordOf(world, alice).account
    const { next } = await change(world, alice, { kind: 'deposit', amount: 10_000n })
    await world.mine(1)
    if (restarted) {
      world.crash()
      await world.boot()
    }
    world.chain.reorg(1)
    await settle()
    expect(recordOf(world, alice)).toMatchObject({ account: before, state: { kind: 'changeSigned' } })
    expect(recordOf(world, alice).changes).toHaveLength(1)
    await world.mine(4)
    expect(recordOf(world, alice)).toMatchObject({ account: next, state: { kind: 'open', via: 'update' } })
  })

  it('undo a deposit that was deep, and let another change take its place', async () => {
    const { world, alice } = await opened()
    const other = prepare(world, alice, { kind: 'renew', expiry: 9_000 })
    const renewal = await other.sign()
    await change(world, alice, { kind: 'deposit', amount: 10_000n })
    await world.mine(4)
    expect(stateOf(world, alice)).toEqual({ kind: 'open', via: 'update' })
    world.chain.reorg(4, true)
    world.chain.broadcast(renewal)
    await settle()
    await world.mine(4)
    expect(recordOf(world, alice)).toMatchObject({ account: other.change.next, state: { kind: 'open', via: 'update' } })
  })

  it.each([false, true])('undo a close (restarted before: %s)', async (restarted) => {
    const { world, alice } = await opened()
    const before = recordOf(world, alice).account
    await change(world, alice, { kind: 'close' })
    await world.mine(2)
    if (restarted) {
      world.crash()
      await world.boot()
    }
    expect(stateOf(world, alice)).toEqual({ kind: 'closed', by: 'cooperative' })
    world.chain.reorg(2, true)
    await settle()
    expect(recordOf(world, alice)).toMatchObject({ account: before, state: { kind: 'changeSigned' } })
    alice.account = before
    const { next } = await change(world, alice, { kind: 'renew', expiry: 9_000 })
    await world.mine(4)
    expect(recordOf(world, alice)).toMatchObject({ account: next, state: { kind: 'open' } })
  })
})

describe('a recovering trader', () => {
  const recover = async (alice: ScriptedTrader) => {
    await alice.session?.receive({ kind: 'recover', traderKey: alice.key })
    return alice.lastMessage
  }

  it.each([0, 1, 2] as const)(
    'of version %i is told the change it had signed, with its transaction',
    async (version) => {
      const { world, alice } = await opened(version)
      const signed = await prepare(world, alice, { kind: 'deposit', amount: 70_000n }).sign()
      const outpoint = { txid: txidOf(signed), index: 1 }
      const told = await recover(alice)
      expect(told).toMatchObject({ account: { state: 'pendingUpdate', outpoint, value: 5_070_000n } })
      if (told?.kind !== 'account') throw new Error('no account')
      const { traderKey: key, latestTx } = told.account
      const output = decodeTx(latestTx).outputs[outpoint.index]
      expect(output?.script).toEqual(
        accountOutput({ ...told.account, ...secretOf(world, alice), traderKey: key }).script,
      )
      expect(txidOf(decodeTx(latestTx))).toBe(outpoint.txid)
    },
  )

  it('is told the output before a signed close, and before a change that was in no block for a day', async () => {
    const { world, alice } = await opened()
    const { outpoint } = recordOf(world, alice).account
    await prepare(world, alice, { kind: 'close' }).sign()
    expect(await recover(alice)).toMatchObject({ account: { state: 'open', outpoint } })
    await prepare(world, alice, { kind: 'renew', expiry: 9_000 }).sign()
    await world.mine(143)
    expect(await recover(alice)).toMatchObject({ account: { state: 'pendingUpdate', expiry: 9_000 } })
    await world.mine(1)
    expect(await recover(alice)).toMatchObject({ account: { state: 'open', outpoint } })
  })

  it('is told whichever change confirmed', async () => {
    const { world, alice } = await opened()
    const signed = await prepare(world, alice, { kind: 'renew', expiry: 9_000 }).sign()
    await prepare(world, alice, { kind: 'deposit', amount: 70_000n }).sign()
    world.chain.broadcast(signed)
    await world.mine(1)
    await alice.session?.receive({ kind: 'recover', traderKey: alice.key })
    const outpoint = { txid: txidOf(signed), index: 0 }
    expect(alice.lastMessage).toMatchObject({ account: { state: 'pendingUpdate', outpoint, expiry: 9_000 } })
  })
})
