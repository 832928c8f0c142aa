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
  const leftovers = new Leftovers({ ledger, funding, chain, clock: new FakeClock(), logger: silent }, () => undefined)
  return { ledger, chain, leftovers, swept, txid }
}

it('keeps a signed zero-conf channel until its batch can no longer confirm', async () => {
  const { ledger, chain, leftovers, swept, txid } = await signedLeftover()
  await leftovers.start()
  await settle()
  expect([...ledger.leftovers.keys()]).toEqual([txid])
  expect(chain.spends.map(({ request }) => request)).toEqual(spends)
  chain.spends[0]?.fire({ tx: spend, height: blockHeight(10), inputIndex: 0 })
  await settle()
  expect(swept.map(({ signed }) => signed)).toEqual([false])
  expect(ledger.leftovers.size).toBe(0)
})

it('leaves the channel alone when its batch came to be after all', async () => {
  const { ledger, chain, leftovers, swept } = await signedLeftover(txidOf(spend))
  await leftovers.start()
  await settle()
  chain.spends[0]?.fire({ tx: spend, height: blockHeight(10), inputIndex: 0 })
  await settle()
  expect(swept).toEqual([])
  expect(ledger.leftovers.size).toBe(0)
})
