import { accountKey, encodeTx, orderNonce, txidOf } from '@tidepool/crypto'
import type { AccountKey, Txid } from '@tidepool/crypto'
import { batchVersion } from '@tidepool/market'
import { describe, expect, it } from 'vitest'
import { Ledger } from '../src/app/ledger.ts'
import { recoverWithAuctioneer } from '../src/app/recovery/serverRecovery.ts'
import { ACCOUNT_KEY_FAMILY, currentOutput, isFunded } from '../src/core/account.ts'
import type { AccountTerms, TraderAccount } from '../src/core/account.ts'
import type { RemoteAccount } from '../src/core/remoteAccount.ts'
import { initiated } from '../src/core/accountLifecycle.ts'
import type { ClientMessage } from '../src/ports/auctioneer.ts'
import type { StoredState, TraderStore } from '../src/ports/traderStore.ts'
import { FakeAuctioneer, FakeStream } from './kit/fakeAuctioneer.ts'
import { FakeWallet } from './kit/fakeWallet.ts'
import { accountIn, fundingTx, keyOf } from './kit/samples.ts'

type Kept =
  | { readonly kind: 'account' | 'reservation'; readonly account: RemoteAccount }
  | { readonly kind: 'shutdown' | 'silent' }

/** Answers each handshake as the auctioneer's records say. */
class RecordsStream extends FakeStream {
  readonly #kept: ReadonlyMap<AccountKey, Kept>

  constructor(kept: ReadonlyMap<AccountKey, Kept>) {
    super()
    this.autoAnswer = false
    this.#kept = kept
  }

  override async send(message: ClientMessage): Promise<void> {
    await super.send(message)
    if (message.kind === 'commit') {
      this.push({ kind: 'challenge', challenge: new Uint8Array(32), commitHash: message.commitHash })
    } else if (message.kind === 'subscribe') this.#authenticated(message.key)
    else if (message.kind === 'recover') {
      const kept = this.#kept.get(message.key)
      if (kept?.kind === 'account') this.push({ kind: 'account', account: kept.account })
    }
  }

  #authenticated(key: AccountKey): void {
    const kept = this.#kept.get(key)
    if (kept?.kind === 'account') return this.push({ kind: 'success', key })
    if (kept?.kind === 'shutdown') return this.push({ kind: 'error', code: 'serverShutdown', key: undefined, text: '' })
    if (kept?.kind === 'silent') return this.close()
    const reservation = kept?.kind === 'reservation' ? kept.account : undefined
    const code = reservation === undefined ? 'accountDoesNotExist' : 'incompleteReservation'
    this.push({ kind: 'error', code, key, text: 'as recorded', reservation })
  }
}

class World {
  readonly wallet = new FakeWallet('recovery')
  readonly kept = new Map<AccountKey, Kept>()
  readonly stream = new RecordsStream(this.kept)
  readonly auctioneer = new FakeAuctioneer()
  stored: TraderAccount[] = []

  async terms(keyIndex: number): Promise<AccountTerms> {
    const locator = { family: ACCOUNT_KEY_FAMILY, index: keyIndex }
    const key = accountKey(await this.wallet.keyAt(locator))
    const secret = await this.wallet.sharedSecret(locator, keyOf('auctioneer'))
    return { ...accountIn('open'), auctioneerKey: keyOf('auctioneer'), key, keyIndex, secret }
  }

  async remote(keyIndex: number, state: RemoteAccount['state'], change: Partial<RemoteAccount> = {}): Promise<void> {
    const { key: traderKey, ...terms } = await this.terms(keyIndex)
    const account = initiated({ ...terms, key: traderKey })
    const tx = fundingTx(account)
    const index = tx.outputs.findIndex(({ value }) => value === currentOutput(account).value)
    const { value, expiry, version, auctioneerKey, batchKey, heightHint } = terms
    this.kept.set(traderKey, {
      kind: 'account',
      account: {
        ...{ traderKey, value, expiry, version, auctioneerKey, batchKey, heightHint, state },
        ...{ outpoint: { txid: txidOf(tx), index }, latestTx: encodeTx(tx, { witness: true }) },
        ...change,
      },
    })
  }

  async recover(target: number): Promise<readonly TraderAccount[]> {
    const store: TraderStore = {
      load: async (): Promise<StoredState> => ({
        accounts: new Map(this.stored.map((account) => [account.key, account])),
        ...{
          orders: new Map(),
          staged: undefined,
          leftovers: new Map(),
          coinLeases: new Map(),
          undos: new Map(),
          batches: new Map(),
        },
      }),
      commit: async () => undefined,
    }
    this.auctioneer.openStream = () => {
      this.auctioneer.calls.push('openStream')
      return this.stream
    }
    const quiet = (): void => undefined
    return recoverWithAuctioneer(
      target,
      { batchVersion: batchVersion(58), timeoutMs: 1000 },
      {
        ...{ auctioneer: this.auctioneer, wallet: this.wallet, ledger: await Ledger.open(store) },
        logger: { debug: quiet, info: quiet, warn: quiet, error: quiet },
        random: (length) => new Uint8Array(length).fill(5),
        clock: {
          now: () => 0n,
          sleep: (_ms, signal) => new Promise((done) => signal?.addEventListener('abort', () => done())),
        },
      },
    )
  }

  get asked(): readonly string[] {
    return this.stream.sent.map(({ kind }) => kind)
  }
}

describe('a recovery with the auctioneer (poold 33-recovery)', () => {
  it('follows the stock order of messages', async () => {
    const world = new World()
    await world.remote(0, 'expired')
    await world.recover(2)
    expect(world.auctioneer.calls).toEqual(['orderState', 'terms', 'openStream'])
    expect(world.asked).toEqual(['commit', 'subscribe', 'recover', 'commit', 'subscribe'])
    expect(world.stream.closed).toBe(true)
    expect(orderNonce(new Uint8Array(32))).toMatch(/^0{64}$/)
  })

  it.each([
    ['pendingOpen', 'pendingOpen'],
    ['open', 'pendingOpen'],
    ['pendingUpdate', 'pendingUpdate'],
    ['pendingBatch', 'pendingBatch'],
    ['expired', 'expired'],
    ['expiredPendingUpdate', 'pendingUpdate'],
    ['closed', 'closed'],
  ] as const)('an account that is %s there is %s here', async (theirs, ours) => {
    const world = new World()
    await world.remote(0, theirs)
    const [account] = await world.recover(1)
    expect(account).toMatchObject({ kind: ours, keyIndex: 0 })
    expect(account !== undefined && isFunded(account)).toBe(true)
  })

  it('ends after more than fifty unknown keys in a row; a found one starts the count anew', async () => {
    const world = new World()
    await world.remote(49, 'expired')
    expect(await world.recover(500)).toHaveLength(1)
    expect(world.asked.filter((kind) => kind === 'commit')).toHaveLength(50 + 51)
  })

  it('rebuilds a reservation, and never funds it again', async () => {
    const world = new World()
    await world.remote(0, 'pendingOpen', { outpoint: undefined, latestTx: new Uint8Array() })
    const kept = [...world.kept][0]
    if (kept?.[1].kind !== 'account') throw new Error('it was just made')
    world.kept.set(kept[0], { ...kept[1], kind: 'reservation' })
    expect(await world.recover(1)).toMatchObject([{ kind: 'canceledAfterRecovery' }])
    world.wallet.known.push({ tx: fundingTx(initiated(await world.terms(0))), label: '' })
    const again = new World()
    again.wallet.known.push(...world.wallet.known)
    again.kept.set(kept[0], { ...kept[1], kind: 'reservation' })
    expect(await again.recover(1)).toMatchObject([{ kind: 'pendingOpen' }])
    expect(again.wallet.sent).toEqual([])
    expect(again.asked).toEqual(['commit', 'subscribe'])
  })

  it('skips what is here already', async () => {
    const world = new World()
    await world.remote(0, 'open')
    world.stored = [initiated(await world.terms(0))]
    expect(await world.recover(2)).toEqual([])
    expect(world.asked).toEqual(['commit', 'subscribe'])
  })

  it('asks again for an account that waits for a change nobody published', async () => {
    const world = new World()
    await world.remote(0, 'open')
    const { change: _change, ...told } = accountIn('pendingUpdate') as TraderAccount & { change?: unknown }
    world.stored = [{ ...told, key: (await world.terms(0)).key } as TraderAccount]
    const [found] = await world.recover(1)
    expect(found).toMatchObject({ kind: 'pendingOpen' })
  })

  it('asks again for a closed account, and takes it back only if what closed it made an output of it', async () => {
    for (const isItsMaker of [false, true]) {
      const world = new World()
      await world.remote(0, 'expired')
      const terms = await world.terms(0)
      const latestTx = isItsMaker ? { latestTx: fundingTx(initiated(terms)) } : {}
      world.stored = [{ ...accountIn('closed'), key: terms.key, ...latestTx } as TraderAccount]
      expect(await world.recover(1)).toMatchObject(isItsMaker ? [{ kind: 'expired' }] : [])
    }
  })

  it('asks again for what only an auctioneer told of, and takes another answer over, but not the same again', async () => {
    for (const [told, again, taken] of [
      ['closed', 'open', true],
      ['expired', 'pendingBatch', true],
      ['pendingBatch', 'pendingBatch', false],
    ] as const) {
      const world = new World()
      await world.remote(0, told)
      world.stored = [...(await world.recover(1))]
      const next = new World()
      await next.remote(0, again)
      next.stored = world.stored
      expect(await next.recover(1)).toHaveLength(taken ? 1 : 0)
      expect(next.asked).toContain('recover')
    }
  })

  it.each([
    ['no output', { outpoint: undefined }],
    ['no transaction', { latestTx: new Uint8Array() }],
    ['an output of somebody else', { expiry: 1234 as RemoteAccount['expiry'] }],
    ['an output of another transaction', { outpoint: { txid: '11'.repeat(32) as Txid, index: 0 } }],
    ['another account', { traderKey: accountKey(keyOf('stranger')) }],
  ])('gives up on an answer with %s and leaves no trace', async (_, change) => {
    const world = new World()
    await world.remote(0, 'expired', change)
    await expect(world.recover(1)).rejects.toMatchObject({ code: 'RECOVERY_REFUSED' })
  })

  it.each(['shutdown', 'silent'] as const)('gives up when the auctioneer goes: %s', async (kind) => {
    const world = new World()
    world.kept.set((await world.terms(0)).key, { kind })
    await expect(world.recover(1)).rejects.toMatchObject({ code: 'AUCTION_STREAM_DOWN' })
  })
})
