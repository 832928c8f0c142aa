import { describe, expect, it } from 'vitest'
import { accountOutput, blockHeight, encodeTx, incrementBatchKey, satoshi, txidOf } from '@tidepool/crypto'
import type { Transaction } from '@tidepool/crypto'
import { batchVersion } from '@tidepool/market'
import type { Account } from '@tidepool/market'
import { coinbase, settle } from './fakeWorld.ts'
import type { ScriptedTrader } from './scriptedTrader.ts'
import { World } from './world.ts'

const stateOf = (world: World, trader: ScriptedTrader) => world.auctioneer.ledger.accounts.get(trader.key)?.state
const recordOf = (world: World, trader: ScriptedTrader) => world.auctioneer.ledger.accounts.get(trader.key)

async function opened(version: 0 | 1 | 2 = 2) {
  const world = await World.start()
  const [alice] = await world.openTraders(['alice', version])
  if (alice?.account === undefined) throw new Error('no account')
  return { world, alice, account: alice.account }
}

/** A spend of the account's output with the witness given. */
function spend(account: Account, witness: readonly Uint8Array[], outputs: Transaction['outputs'] = []): Transaction {
  const inputs = [{ prevout: account.outpoint, scriptSig: new Uint8Array(), sequence: 0, witness }]
  return {
    version: 2,
    lockTime: 0,
    inputs,
    outputs: outputs.length > 0 ? outputs : [{ value: satoshi(1000), script: new Uint8Array(22) }],
  }
}

const expiryWitness = (account: Account): readonly Uint8Array[] => {
  const output = accountOutput({ ...account, traderKey: account.key })
  return output.kind === 'p2wsh'
    ? [new Uint8Array(), new Uint8Array(71), output.witnessScript]
    : [new Uint8Array(64), output.leafScript, output.controlBlock]
}

describe('an account on the chain', () => {
  it('opens after the confirmations its value needs', async () => {
    const world = await World.start()
    const small = world.trader('small')
    const large = world.trader('large')
    await small.openAccount(1_000_000, 2)
    await large.openAccount(1_000_000_000, 0)
    expect(recordOf(world, small)).toMatchObject({
      state: { kind: 'pendingOpen' },
      latestTx: undefined,
      heightHint: 1000,
    })
    await world.mine(3)
    expect([stateOf(world, small)?.kind, stateOf(world, large)?.kind]).toEqual(['open', 'pendingOpen'])
    expect(recordOf(world, small)).toMatchObject({ heightHint: 1001 })
    await world.mine(3)
    expect(stateOf(world, large)?.kind).toBe('open')
  })

  it('waits on after a restart at any point of opening', async () => {
    const world = await World.start()
    const alice = world.trader('alice')
    await alice.openAccount(1_000_000, 1)
    world.crash()
    await world.boot()
    await world.mine(1)
    world.crash()
    world.chain.mine(5)
    await world.boot()
    expect(stateOf(world, alice)).toEqual({ kind: 'open', via: 'funding' })
  })

  it('is told again without harm, in any state', async () => {
    const { world, alice, account } = await opened()
    const output = accountOutput({ ...account, traderKey: account.key })
    const told = {
      traderKey: account.key,
      value: BigInt(account.value),
      expiry: account.expiry,
      version: account.version,
      outpoint: account.outpoint,
      script: output.script,
      userAgent: 'again',
    }
    await world.auctioneer.accounts.init(told)
    world.chain.broadcast(spend(account, expiryWitness(account)))
    await world.mine(1)
    expect(stateOf(world, alice)).toEqual({ kind: 'closed', by: 'expiry' })
    await world.auctioneer.accounts.init({ ...told, value: 1n, expiry: 5 })
    const elsewhere = { ...told, outpoint: { ...told.outpoint, index: 1 } }
    await expect(world.auctioneer.accounts.init(elsewhere)).rejects.toMatchObject({ code: 'ACCOUNT_FUNDING_MISMATCH' })
  })

  it('is not taken over when its output differs from what was told', async () => {
    const world = await World.start()
    const alice = world.trader('alice')
    const expiry = blockHeight(world.chain.bestHeight() + 5000)
    const request = { traderKey: alice.key, value: 1_000_000n, expiry, version: 2 }
    const { auctioneerKey, batchKey } = await world.auctioneer.accounts.reserve(request)
    const secret = await world.lnd.sharedSecret({ family: 1220, index: 0 }, alice.key)
    const { script } = accountOutput({ version: 2, traderKey: alice.key, auctioneerKey, batchKey, secret, expiry })
    const funding = coinbase([{ value: satoshi(999_999), script }], 'short')
    world.chain.broadcast(funding)
    const outpoint = { txid: txidOf(funding), index: 0 }
    await world.auctioneer.accounts.init({ ...request, outpoint, script, userAgent: '' })
    await world.mine(6)
    expect(stateOf(world, alice)).toEqual({ kind: 'closed', by: 'mismatch' })
  })

  it.each([0, 1, 2] as const)('version %i: an expiry spend closes it and cancels its orders', async (version) => {
    const { world, alice, account } = await opened(version)
    await alice.submit(alice.ask(5))
    world.chain.broadcast(spend(account, expiryWitness(account)))
    await world.mine(1)
    expect(stateOf(world, alice)).toEqual({ kind: 'closed', by: 'expiry' })
    expect(world.auctioneer.ledger.openOrders.size).toBe(0)
    expect(await world.auctioneer.ledger.store.orders()).toMatchObject([{ state: 'canceled' }])
  })

  it('follows a change that both signed to the next output', async () => {
    const { world, alice, account } = await opened(2)
    const next = accountOutput({ ...account, traderKey: account.key, batchKey: incrementBatchKey(account.batchKey) })
    const change = spend(account, [new Uint8Array(64)], [{ value: satoshi(2_000_000), script: next.script }])
    world.chain.broadcast(change)
    await world.mine(1)
    expect(stateOf(world, alice)?.kind).toBe('pendingUpdate')
    expect(recordOf(world, alice)?.account).toMatchObject({ value: 2_000_000n, outpoint: { txid: txidOf(change) } })
    await world.mine(3)
    expect(stateOf(world, alice)).toEqual({ kind: 'open', via: 'update' })
  })

  it('tells the operator of a spend it does not understand, and closes the account', async () => {
    const { world, alice, account } = await opened()
    world.chain.broadcast(spend(account, [new Uint8Array(10), new Uint8Array(10)]))
    await world.mine(1)
    expect(stateOf(world, alice)).toEqual({ kind: 'closed', by: 'unknown' })
    expect(world.complaints.some((line) => line.includes('needs attention'))).toBe(true)
  })

  it('expires at its height and trades no more', async () => {
    const world = await World.start()
    const alice = world.trader('alice')
    await alice.openAccount(1_000_000, 2, 150)
    await world.mine(149)
    expect(stateOf(world, alice)?.kind).toBe('open')
    await world.mine(1)
    expect(stateOf(world, alice)).toEqual({ kind: 'expired', via: 'funding' })
  })

  it('drops a reservation that was never funded when its account would expire', async () => {
    const world = await World.start()
    const expiry = world.chain.bestHeight() + 150
    await world.auctioneer.accounts.reserve({
      traderKey: world.trader('late').key,
      value: 100_000n,
      expiry,
      version: 0,
    })
    await world.mine(149)
    expect(world.auctioneer.ledger.reservations.size).toBe(1)
    await world.mine(1)
    await settle()
    expect(world.auctioneer.ledger.reservations.size).toBe(0)
  })

  it('refuses to start with another wallet', async () => {
    const { world } = await opened()
    world.crash()
    const { deriveKey } = world.lnd
    world.lnd.deriveKey = (locator) => deriveKey.call(world.lnd, { ...locator, index: locator.index + 7 })
    await expect(world.boot()).rejects.toMatchObject({ code: 'WRONG_WALLET' })
    world.lnd.deriveKey = deriveKey
    await world.boot()
  })
})

describe('an account under execution', () => {
  it('that is spent by its trader alone ends the proposal, and the others go on', async () => {
    const world = await World.start()
    await world.fundMaster()
    const [alice, bob, carol] = await world.openTraders(['alice', 2], ['bob', 2], ['carol', 2])
    if (alice === undefined || bob?.account === undefined || carol === undefined) throw new Error('no traders')
    await alice.submit(alice.ask(10))
    await bob.submit(bob.bid(6))
    await carol.submit(carol.bid(3))
    bob.script.onSign = () => 'silent'
    const run = world.auctioneer.auction.runNow()
    await settle()
    world.chain.broadcast(spend(bob.account, expiryWitness(bob.account)))
    await world.mine(1)
    await settle()
    expect(await run).toMatchObject({ outcome: 'batch', attempts: [{ endedIn: 'sign' }, { endedIn: 'done' }] })
    expect(stateOf(world, bob)).toEqual({ kind: 'closed', by: 'expiry' })
  })

  it('that is used up by a batch is closed once the batch confirms', async () => {
    const world = await World.start()
    await world.fundMaster()
    const alice = world.trader('alice')
    const bob = world.trader('bob')
    await alice.openAccount(100_500, 2)
    await bob.openAccount(5_000_000, 2)
    await world.mine(6)
    await alice.connect()
    await bob.connect()
    await alice.submit(alice.ask(1, { rate: 1 as never, maxBatchFeeRate: 253n as never }))
    await bob.submit(bob.bid(1, { rate: 1 as never }))
    expect(await world.auction()).toMatchObject({ outcome: 'batch' })
    const [batch] = await world.auctioneer.ledger.store.batches(1, 1)
    const diff = batch?.accounts.find(({ diff: { accountKey } }) => accountKey === alice.key)?.diff
    expect(diff).toMatchObject({ endingState: 'dustAddedToFees', outpointIndex: -1 })
    expect(stateOf(world, alice)).toEqual({ kind: 'pendingClosed' })
    await world.mine(1)
    await settle()
    expect(stateOf(world, alice)).toEqual({ kind: 'closed', by: 'batch' })
  })

  it('is told to a recovering trader as it stands, its orders gone', async () => {
    const { world, alice } = await opened()
    await alice.submit(alice.ask(5))
    await alice.session?.receive({ kind: 'recover', traderKey: alice.key })
    const message = alice.lastMessage
    if (message?.kind !== 'account') throw new Error('no account')
    expect(message.account).toMatchObject({ state: 'open', value: 5_000_000n, outpoint: alice.account?.outpoint })
    const funding = [...world.chain.confirmed.values()][0]?.transaction
    expect(funding === undefined ? undefined : encodeTx(funding, { witness: true })).toEqual(message.account.latestTx)
    expect(world.auctioneer.ledger.openOrders.size).toBe(0)
  })

  it('lets the newer of two streams win', async () => {
    const { world, alice } = await opened()
    const first = alice.session
    await alice.connect()
    expect(alice.ended?.why).toBe('replaced')
    expect(world.auctioneer.registry.sessionOf(alice.key)).toBe(alice.session)
    expect(alice.session).not.toBe(first)
  })

  it('is told to come back when its stream ends in the middle of a handshake', async () => {
    const { world, alice } = await opened()
    const commit = { kind: 'commit', commitHash: new Uint8Array(32).fill(1), batchVersion: batchVersion(58) } as const
    const first = alice.session
    await first?.receive(commit)
    first?.end('unauthenticated', 'too slow')
    await settle()
    expect(alice.received.slice(-2).map(({ kind }) => kind)).toEqual(['challenge', 'shutdown'])
    expect(alice.ended?.why).toBe('unauthenticated')
    expect(world.auctioneer.registry.sessionOf(alice.key)).toBeUndefined()
  })

  it('hears of a stop and is told to come back', async () => {
    const { world, alice } = await opened()
    await world.auctioneer.stop()
    expect(alice.lastMessage).toEqual({ kind: 'shutdown' })
    expect(alice.ended?.why).toBe('shutdown')
  })

  it('is told so in answer to its first step when it comes just before a stop, or during it', async () => {
    const { world, alice } = await opened()
    const heard: string[] = []
    const open = () =>
      world.auctioneer.openSession({
        send: ({ kind }) => Promise.resolve(void heard.push(kind)),
        end: (why) => heard.push(why),
      })
    const commit = { kind: 'commit', commitHash: new Uint8Array(32).fill(1), batchVersion: batchVersion(58) } as const
    const before = open()
    const stopped = world.auctioneer.stop()
    const during = open()
    await settle()
    expect(heard).toEqual([])
    await before.receive(commit)
    await during.receive(commit)
    expect(heard).toEqual(['shutdown', 'shutdown', 'shutdown', 'shutdown'])
    open()
    for (let i = 0; i < 20; i++) {
      world.clock.advance(100)
      await settle()
    }
    await stopped
    expect(alice.ended?.why).toBe('shutdown')
  })
})
