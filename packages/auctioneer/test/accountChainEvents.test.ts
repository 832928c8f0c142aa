import { describe, expect, it } from 'vitest'
import { accountOutput, decodeTx, txidOf } from '@tidepool/crypto'
import { change, prepare } from './changes.ts'
import type { Wish } from './changes.ts'
import { settle } from './fakeWorld.ts'
import { eventsOf, opened, recordOf, secretOf, stateOf } from './openedAccount.ts'
import type { ScriptedTrader } from './scriptedTrader.ts'

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

describe('a store that fails for a while', () => {
  it('loses no event of the chain: it is asked for again with the next block', async () => {
    const { world, alice } = await opened()
    const { next } = await change(world, alice, { kind: 'renew', expiry: 9_000 })
    const { store } = world.auctioneer.ledger
    const commit = store.commit.bind(store)
    store.commit = () => Promise.reject(new Error('the disk is full'))
    await world.mine(1)
    store.commit = commit
    expect(stateOf(world, alice)?.kind).toBe('changeSigned')
    await world.mine(1)
    expect(stateOf(world, alice)).toEqual({ kind: 'pendingUpdate' })
    store.commit = () => Promise.reject(new Error('the disk is full'))
    await world.mine(1)
    store.commit = commit
    await world.mine(1)
    expect(recordOf(world, alice)).toMatchObject({ account: next, state: { kind: 'open', via: 'update' } })
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

  it('undo a deposit while we are down, which nobody offers again', async () => {
    const { world, alice } = await opened()
    const before = recordOf(world, alice).account
    await change(world, alice, { kind: 'deposit', amount: 10_000n })
    await world.mine(4)
    expect(stateOf(world, alice)).toEqual({ kind: 'open', via: 'update' })
    world.crash()
    world.chain.reorg(4, true)
    await world.boot()
    expect(stateOf(world, alice)).toEqual({ kind: 'open', via: 'update' })
    await world.mine(3)
    expect(recordOf(world, alice)).toMatchObject({ account: before, state: { kind: 'changeSigned', base: 'open' } })
    alice.account = before
    const { next } = await change(world, alice, { kind: 'renew', expiry: 9_000 })
    await world.mine(4)
    expect(recordOf(world, alice)).toMatchObject({ account: next, state: { kind: 'open', via: 'update' } })
  })

  it('undo an opening while we are down', async () => {
    const { world, alice } = await opened()
    const [opening] = [...world.chain.confirmed.values()].filter(
      ({ transaction }) => txidOf(transaction) === alice.account?.outpoint.txid,
    )
    world.crash()
    world.chain.reorg(6, true)
    await world.boot()
    await world.mine(3)
    expect(stateOf(world, alice)).toEqual({ kind: 'pendingOpen' })
    if (opening !== undefined) world.chain.broadcast(opening.transaction)
    await world.mine(3)
    expect(stateOf(world, alice)).toEqual({ kind: 'open', via: 'funding' })
  })

  it('that undo nothing of an account leave it alone after a restart', async () => {
    const { world, alice } = await opened()
    await change(world, alice, { kind: 'deposit', amount: 10_000n })
    await world.mine(4)
    world.crash()
    await world.boot()
    await world.mine(6)
    const known = [
      'announced: pendingOpen',
      'confirmed: open',
      'deposit signed: changeSigned',
      'spent (cooperative): pendingUpdate',
      'confirmed: open',
    ]
    expect(await eventsOf(world, alice)).toEqual(known)
  })

  it('undo a close while we are down', async () => {
    const { world, alice } = await opened()
    const before = recordOf(world, alice).account
    await change(world, alice, { kind: 'close' })
    await world.mine(2)
    world.crash()
    world.chain.reorg(2, true)
    await world.boot()
    await world.mine(3)
    expect(recordOf(world, alice)).toMatchObject({ account: before, state: { kind: 'changeSigned' } })
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
      const output = decodeTx(latestTx).outputs.at(outpoint.index)
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
