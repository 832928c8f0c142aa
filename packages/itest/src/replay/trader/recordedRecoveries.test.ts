import { accountKey, decodeTx, pointFromSecret, satoshi, sha256, txidOf } from '@tidepool/crypto'
import type { AccountKey, Transaction } from '@tidepool/crypto'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { explanationOf, lineOf } from '../difference.ts'
import { RecordedChain } from '../recordedChain.ts'
import { clientMessage, serverMessage } from '../recording/messages.ts'
import { listIn, readProbes } from '../recording/recording.ts'
import type { Probe, Recording } from '../recording/recording.ts'
import { traderFacts } from '../recording/traderFacts.ts'
import { forgetCredentials } from './inProcessCli.ts'
import { RecordedAuctioneer } from './recordedAuctioneer.ts'
import { RECOVERY_DIFFERENCES } from './traderDifferences.ts'
import { TraderWorld } from './traderWorld.ts'

vi.mock('@tidepool/rpc', async (original) => {
  const { rpcInProcess } = await import('./inProcessCli.ts')
  return rpcInProcess(await original())
})
vi.mock('@tidepool/crypto', async (original) => {
  const { cryptoWithoutOwnHalves } = await import('./standIns.ts')
  return cryptoWithoutOwnHalves(await original())
})

const TRADER = 'dave'
/** Its accounts were opened before; the recorder began at about this height. */
const FUNDED_AT = 700
const FIRST_HEIGHT = 764
/** Keys that lnd derived before the account's: the recorder counted how often the auctioneer did not know one. */
const UNKNOWN_BEFORE = 26
const KEYS = 50
/** The stock daemon takes the auctioneer's word for it; ours looks at the height, which is far below the expiry. */
const UNEXPIRED = 'state EXPIRED_PENDING_UPDATE'

const probes = readProbes('33-recovery')
const used = new Set<string>()
let world: TraderWorld | undefined

afterEach(() => world?.stop())
afterAll(forgetCredentials)

/** The transaction of either account as some probe shows it: a probe that leaves it out is about the same account. */
const fundings = new Map<AccountKey, Transaction>(
  probes.flatMap(({ recording }) =>
    recording.events.flatMap((event) => {
      if (event.kind !== 'message' || event.rpc !== 'SubscribeBatchAuction' || event.from !== 'auctioneer') return []
      const { msg } = serverMessage(event)
      if (msg?.case !== 'account' || msg.value.latestTx.length === 0) return []
      return [[accountKey(msg.value.traderKey), decodeTx(msg.value.latestTx)] as const]
    }),
  ),
)

function subscribed({ recording }: Probe): { readonly key: AccountKey; readonly nonce: Uint8Array } {
  for (const event of recording.events) {
    if (event.kind !== 'message' || event.rpc !== 'SubscribeBatchAuction' || event.from !== 'trader') continue
    const { msg } = clientMessage(event)
    if (msg?.case === 'subscribe') return { key: accountKey(msg.value.traderKey), nonce: msg.value.commitNonce }
  }
  throw new Error('the probe subscribes no account')
}

/** An error in place of the account ends the stock daemon; ours tells the user and goes on. */
const withoutCrash = (recording: Recording): Recording => ({
  ...recording,
  events: recording.events.filter((event) => event.kind !== 'daemon' || event.what !== 'exited'),
})

const stranger = (n: number): AccountKey => accountKey(pointFromSecret(sha256(new TextEncoder().encode(`key ${n}`))))

describe('a recovery with the auctioneer (33-recovery)', () => {
  it.each(probes.map((probe, n) => ({ n, name: probe.name, probe })))('$n: $name', async ({ probe }) => {
    const { key, nonce } = subscribed(probe)
    const chain = new RecordedChain(FUNDED_AT)
    const facts = traderFacts(TRADER, [probe.recording])
    const keys = Array.from({ length: KEYS }, (_, n) => (n === UNKNOWN_BEFORE ? key : stranger(n)))
    world = new TraderWorld(TRADER, facts, chain, keys)
    const funding = fundings.get(key)
    if (funding === undefined) throw new Error('no probe shows the funding')
    world.lnd.remember(funding)
    chain.broadcast(funding)
    chain.mineTo(FIRST_HEIGHT)
    // Strangers' handshakes were not recorded.
    world.lnd.lenient = true
    world.server.lenient = true
    world.server.knowsOnlyRecorded = true
    world.server.load(probe.recording)
    await world.start()
    for (let i = 0; i < UNKNOWN_BEFORE; i++) world.preimages.push(new Uint8Array(32).fill(i))
    world.preimages.push(nonce)
    const auctioneer = new RecordedAuctioneer(new Map([[TRADER, { world, facts }]]), chain)

    const differences = await auctioneer.play(withoutCrash(probe.recording))
    const explained = differences.map((one) => explanationOf(one, RECOVERY_DIFFERENCES)?.id)
    for (const id of explained) if (id !== undefined) used.add(id)
    expect(differences.filter((_, i) => explained[i] === undefined).map(lineOf)).toEqual([])
    const wanted = 'states_at_once' in probe.facts ? listIn(probe.facts, 'states_at_once') : []
    const accounts = [...world.running.trader.ledger.accounts.values()]
    expect(accounts.map(({ kind }) => kind.toUpperCase())).toEqual(probe.name.includes(UNEXPIRED) ? ['OPEN'] : wanted)
    if (wanted.length === 0) return
    expect(accounts).toMatchObject([{ key, value: satoshi(500_000), expiry: 2761, keyIndex: UNKNOWN_BEFORE }])
    expect(accounts).toMatchObject([{ outpoint: { txid: txidOf(funding), index: 1 } }])
  })

  it('needs every explanation', () => {
    expect(RECOVERY_DIFFERENCES.map(({ id }) => id).filter((id) => !used.has(id))).toEqual([])
  })
})
