import {
  INITIAL_BATCH_KEY,
  accountKey,
  accountOutput,
  batchKeyOffset,
  blockHeight,
  encodeTx,
  incrementBatchKey,
  pubKey,
  satoshi,
  txid,
  txidOf,
} from '@tidepool/crypto'
import type { AccountVersion } from '@tidepool/market'
import type { OutPoint, PubKey, Transaction } from '@tidepool/crypto'
import { describe, expect, it } from 'vitest'
import { recoverFromChain } from '../src/app/recovery/chainRecovery.ts'
import type { ChainRecoveryModules, ChainRecoveryRequest } from '../src/app/recovery/chainRecovery.ts'
import type { ChainRecoveryState } from '../src/app/recovery/searchState.ts'
import { ACCOUNT_KEY_FAMILY } from '../src/core/account.ts'
import type { HistoricTransaction } from '../src/ports/history.ts'
import { FakeWallet } from './kit/fakeWallet.ts'
import { keyOf } from './kit/samples.ts'

const FIRST = 1000
const AUCTIONEER: PubKey = keyOf('auctioneer')

interface Step {
  readonly version: AccountVersion
  readonly expiry: number
  readonly value: number
}

/** A chain with one account story for each key, and what the wallet saw of it. */
class Story {
  readonly wallet = new FakeWallet('story')
  readonly blocks = new Map<number, Transaction[]>()
  readonly history: HistoricTransaction[] = []
  tip = FIRST

  async output(keyIndex: number, counter: number, { version, expiry, value }: Step) {
    const locator = { family: ACCOUNT_KEY_FAMILY, index: keyIndex }
    const output = accountOutput({
      ...{ version, expiry: blockHeight(expiry), auctioneerKey: AUCTIONEER },
      traderKey: accountKey(await this.wallet.keyAt(locator)),
      secret: await this.wallet.sharedSecret(locator, AUCTIONEER),
      batchKey: batchKeyOffset(INITIAL_BATCH_KEY, counter),
    })
    return { value: satoshi(value), script: output.script, output }
  }

  /** Spends an outpoint cooperatively, or a coin of the wallet. */
  pay(spends: OutPoint | undefined, ...outputs: readonly { readonly value: bigint; readonly script: Uint8Array }[]) {
    const prevout = spends ?? { txid: txid('11'.repeat(32)), index: this.history.length }
    const input = { prevout, scriptSig: new Uint8Array(), sequence: 0, witness: [new Uint8Array(64)] }
    const paid = outputs.map(({ value, script }) => ({ value: satoshi(value), script }))
    return { version: 2, lockTime: 0, inputs: [input], outputs: paid }
  }

  mine(height: number, tx: Transaction, inWallet: boolean): OutPoint {
    this.blocks.set(height, [...(this.blocks.get(height) ?? []), tx])
    if (inWallet) this.history.push({ tx, label: '', height: blockHeight(height), ownOutputs: new Set() })
    this.tip = Math.max(this.tip, height)
    return { txid: txidOf(tx), index: 0 }
  }

  /** Opens at a height and goes on block by block; several steps may share one. */
  async live(keyIndex: number, counter: number, steps: readonly (Step & { readonly at: number })[]): Promise<OutPoint> {
    let point: OutPoint | undefined
    for (const [i, step] of steps.entries()) {
      const tx = this.pay(point, await this.output(keyIndex, counter + i, step))
      point = this.mine(step.at, tx, i === 0)
    }
    if (point === undefined) throw new Error('no steps')
    return point
  }

  modules(stored: { state: ChainRecoveryState | undefined }, keysInUse = 0): ChainRecoveryModules {
    let time = 0
    return {
      wallet: this.wallet,
      history: { transactions: async () => this.history, keysInUse: async () => keysInUse },
      channels: { knownChannels: async () => [] },
      blocks: { bestHeight: async () => blockHeight(this.tip), block: async (height) => this.raw(height) },
      store: {
        load: async () => stored.state,
        save: async (state) => {
          stored.state = state
        },
      },
      stopwatch: () => (time += 50),
      breathe: async () => undefined,
    }
  }

  raw(height: number): Uint8Array {
    const raw = (this.blocks.get(height) ?? []).map((tx) => encodeTx(tx, { witness: true }))
    return new Uint8Array([...new Uint8Array(80), raw.length, ...raw.flatMap((bytes) => [...bytes])])
  }
}

const REQUEST: ChainRecoveryRequest = {
  ...{ auctioneerKey: pubKey(AUCTIONEER), firstBlock: blockHeight(FIRST), keys: 4, batches: 6 },
  ...{ wide: false, resume: true },
}
const taprootOfNobody = Uint8Array.of(0x51, 32, ...new Uint8Array(32).fill(3))
const quiet = async (): Promise<void> => undefined
const never = new AbortController().signal

describe('a recovery from keys and chain alone', () => {
  it('finds every version, several steps on, upgraded, extended, and in one block', async () => {
    const story = new Story()
    const opened = { value: 500_000, at: 1010 }
    const legacy = await story.live(0, 3, [
      { ...opened, version: 0, expiry: 1009 + 4320 },
      { version: 0, expiry: 1009 + 4320, value: 450_000, at: 1020 },
      { version: 1, expiry: 1020 + 3024, value: 440_000, at: 1020 },
      { version: 2, expiry: 1777, value: 430_000, at: 1033 },
    ])
    const taproot = await story.live(2, 0, [{ ...opened, version: 2, expiry: 1008 + 2016 }])
    const old = await story.live(3, 5, [{ ...opened, version: 1, expiry: 1009 + 4320, at: 1012 }])
    const found = await recoverFromChain(REQUEST, story.modules({ state: undefined }), quiet, never)
    if (found === 'stopped') throw new Error('nobody stopped it')
    expect(
      found.map(({ keyIndex, kind, version, expiry, value, outpoint }) => ({
        keyIndex,
        kind,
        version,
        expiry,
        value,
        outpoint,
      })),
    ).toEqual(
      expect.arrayContaining([
        { keyIndex: 0, kind: 'open', version: 2, expiry: 1777, value: 430_000n, outpoint: legacy },
        { keyIndex: 2, kind: 'open', version: 2, expiry: 3024, value: 500_000n, outpoint: taproot },
        { keyIndex: 3, kind: 'open', version: 1, expiry: 1009 + 4320, value: 500_000n, outpoint: old },
      ]),
    )
    expect(found).toHaveLength(3)
    expect(found[0]?.batchKey).toBe(incrementBatchKey(batchKeyOffset(INITIAL_BATCH_KEY, 5)))
  })

  it('tells spent and expired accounts from open ones', async () => {
    const story = new Story()
    const step = { version: 2, expiry: 1009 + 144, value: 300_000, at: 1010 } as const
    const spent = await story.live(0, 0, [{ ...step, expiry: 1009 + 2016 }])
    await story.live(1, 0, [{ ...step, version: 0 }])
    story.mine(1011, story.pay(spent, { value: 200_000n, script: Uint8Array.of(0x51) }), false)
    story.tip = 1300
    const found = await recoverFromChain(REQUEST, story.modules({ state: undefined }), quiet, never)
    expect(found).toMatchObject([
      { keyIndex: 0, kind: 'closed', value: 0n },
      { keyIndex: 1, kind: 'expired' },
    ])
  })

  it('finds an expiry off every rule only when it looks at all of them', async () => {
    const story = new Story()
    await story.live(1, 2, [{ version: 0, expiry: 9871, value: 300_000, at: 1010 }])
    expect(await recoverFromChain(REQUEST, story.modules({ state: undefined }), quiet, never)).toEqual([])
    const wide = await recoverFromChain(
      { ...REQUEST, wide: true, keys: 2, batches: 3 },
      story.modules({ state: undefined }),
      quiet,
      never,
    )
    expect(wide).toMatchObject([{ keyIndex: 1, expiry: 9871 }])
  }, 60_000)

  it('does not look at what was in the wallet before the first block', async () => {
    const story = new Story()
    story.mine(FIRST - 1, story.pay(undefined, { value: 300_000n, script: taprootOfNobody }), true)
    await story.live(0, 0, [{ version: 2, expiry: 1009 + 4320, value: 300_000, at: 1010 }])
    let searched = 0
    const found = await recoverFromChain(
      REQUEST,
      story.modules({ state: undefined }),
      async ({ phase, candidates }) => {
        if (phase === 'search') searched = Math.max(searched, candidates)
      },
      never,
    )
    expect(searched).toBe(1)
    expect(found).toHaveLength(1)
  })

  it('goes on where it was stopped, as often as it is', async () => {
    const story = new Story()
    await story.live(3, 5, [
      { version: 1, expiry: 1009 + 4320, value: 300_000, at: 1010 },
      { version: 1, expiry: 1009 + 4320, value: 290_000, at: 1015 },
    ])
    const stored: { state: ChainRecoveryState | undefined } = { state: undefined }
    const positions: string[] = []
    for (let runs = 0; runs < 500; runs++) {
      const stop = new AbortController()
      const modules = story.modules(stored)
      let breaths = 0
      const breathe = async (): Promise<void> => {
        if (++breaths === 2) stop.abort()
      }
      const found = await recoverFromChain(REQUEST, { ...modules, breathe }, quiet, stop.signal)
      if (found !== 'stopped') {
        expect(found).toMatchObject([{ keyIndex: 3, value: 290_000n }])
        expect(stored.state).toBeUndefined()
        expect(new Set(positions).size).toBe(positions.length)
        expect(positions.length).toBeGreaterThan(3)
        return
      }
      positions.push(JSON.stringify([stored.state?.cursor, stored.state?.following?.height]))
    }
    throw new Error('it never ended')
  })

  it('starts over when the question is another one', async () => {
    const story = new Story()
    await story.live(0, 0, [{ version: 2, expiry: 1009 + 4320, value: 300_000, at: 1010 }])
    const stale = { plan: 'another', cursor: { stage: 99, key: 0, counter: 0 }, found: [] }
    const found = await recoverFromChain(REQUEST, story.modules({ state: stale }), quiet, never)
    expect(found).toHaveLength(1)
  })
})
