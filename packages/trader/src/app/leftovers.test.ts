import { blockHeight, outPoint, sha256, toHex, txid as parseTxid, txidOf } from '@tidepool/crypto'
import type { Transaction } from '@tidepool/crypto'
import { openStore } from '@tidepool/store'
import { expect, it } from 'vitest'
import { StoreAdapter } from '../adapters/store/traderStore.ts'
import type { Leftover } from '../core/batch.ts'
import { silent } from '../../test/kit/bench.ts'
import { FakeChain } from '../../test/kit/fakeChain.ts'
import { FakeClock, settle } from '../../test/kit/fakeClock.ts'
import type { CleanUp } from './funding/cleanUp.ts'
import { HeightWatch } from './height.ts'
import { Ledger } from './ledger.ts'
import { Leftovers } from './leftovers.ts'

const txidNamed = (name: string) => parseTxid(toHex(sha256(new TextEncoder().encode(name))))
const spend: Transaction = { version: 2, inputs: [], outputs: [], lockTime: 0 }
const spends = [{ outpoint: outPoint(txidNamed('account'), 0), script: new Uint8Array(34), heightHint: blockHeight(9) }]

async function signedLeftover(txid = txidNamed('dropped')) {
  const ledger = await Ledger.open(new StoreAdapter(await openStore({ engine: 'memory' })))
  await ledger.commit({ kind: 'leftover', leftover: { txid, channels: [], signed: true, spends } })
  const swept: Leftover[] = []
  const funding = {
    cleanUp: (leftover: Leftover): Promise<CleanUp> => {
      if (leftover.signed) return Promise.resolve('kept')
      swept.push(leftover)
      return Promise.resolve('done')
    },
    onChannel: () => undefined,
  }
  const chain = new FakeChain()
  const clock = new FakeClock()
  const height = new HeightWatch({ chain, clock, logger: silent })
  const end = new AbortController()
  void height.run(end.signal)
  await height.ready()
  const leftovers = new Leftovers({ ledger, funding, chain, height, clock, logger: silent }, () => undefined)
  await leftovers.start()
  await settle()
  const block = async (best: number): Promise<void> => {
    chain.reach(best)
    await settle()
  }
  const spent = async (tx = spend): Promise<void> => {
    chain.liveSpends()[0]?.fire({ tx, height: blockHeight(130), inputIndex: 0 })
    await settle()
  }
  const stop = (): void => {
    leftovers.stop()
    end.abort()
  }
  return { ledger, chain, swept, txid, block, spent, stop }
}

it('keeps the channels of a signed batch until another transaction is three blocks deep', async () => {
  const { ledger, chain, swept, txid, block, spent, stop } = await signedLeftover()
  expect(chain.spends.map(({ request }) => request)).toEqual(spends)
  await block(130)
  await spent()
  await block(131)
  expect([swept.length, ...ledger.leftovers.keys()]).toEqual([0, txid])
  await block(132)
  expect(swept.map(({ signed }) => signed)).toEqual([false])
  expect(ledger.leftovers.size).toBe(0)
  expect(chain.liveSpends()).toEqual([])
  stop()
})

it('begins anew when a reorganisation takes the other transaction back', async () => {
  const { ledger, chain, swept, block, spent, stop } = await signedLeftover()
  await block(130)
  const [watch] = chain.liveSpends()
  await spent()
  watch?.undo?.()
  await settle()
  await block(140)
  expect([swept.length, ledger.leftovers.size, chain.liveSpends().length]).toEqual([0, 1, 1])
  await spent()
  expect([swept.length, ledger.leftovers.size]).toEqual([1, 0])
  stop()
})

it('leaves them alone when the batch came to be after all, but for a reorganisation', async () => {
  const { chain, swept, block, spent, stop } = await signedLeftover(txidOf(spend))
  await block(130)
  const [watch] = chain.liveSpends()
  await spent()
  await block(140)
  expect(swept).toEqual([])
  watch?.undo?.()
  await settle()
  await spent({ ...spend, lockTime: 1 })
  expect(swept).toHaveLength(1)
  stop()
})
