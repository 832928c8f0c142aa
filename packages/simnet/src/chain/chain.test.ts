import { Transaction } from 'bitcoinjs-lib'
import { beforeEach, describe, expect, it } from 'vitest'
import {
  accountKey,
  accountOutput,
  blockHeight,
  derEncode,
  expiryWitness,
  fromHex,
  INITIAL_BATCH_KEY,
  multiSigWitness,
  p2wshScript,
  pointFromSecret,
  pubKey,
  sha256,
  signEcdsa,
  toHex,
  tweakSecret,
} from '@tidepool/crypto'
import { Chain, type ChainChange } from './chain.ts'
import { coinKey } from './coin.ts'
import { FAUCET_SCRIPT, payFromFaucet } from './faucet.ts'
import { ChainError } from './rejection.ts'

/** Anyone may spend it with a witness of the script alone. */
const TRUE_SCRIPT = Uint8Array.of(0x51)
const FREE = p2wshScript(TRUE_SCRIPT)
const START = 1_700_000_000

let chain: Chain
beforeEach(() => {
  chain = new Chain({ now: () => START, payTo: FAUCET_SCRIPT })
  chain.mine(120)
})

interface Spend {
  readonly fee: bigint
  readonly sequence?: number
  readonly lockTime?: number
  readonly witness?: Uint8Array[]
  readonly script?: Uint8Array
}

/** Spends output 0 of a transaction to one output. */
function spend(parent: Transaction, options: Spend): Transaction {
  const tx = new Transaction()
  tx.version = 2
  tx.locktime = options.lockTime ?? 0
  tx.addInput(parent.getHash(), 0, options.sequence ?? 0xffff_fffd)
  tx.addOutput(options.script ?? FREE, (parent.outs[0]?.value ?? 0n) - options.fee)
  tx.setWitness(0, options.witness ?? [TRUE_SCRIPT])
  return tx
}

const fund = (script: Uint8Array, value = 1_000_000n): Transaction => payFromFaucet(chain, [{ script, value }])

function reasonOf(tx: Transaction): string {
  try {
    chain.publish(tx)
    return 'accepted'
  } catch (error) {
    if (error instanceof ChainError && error.detail.code === 'TX_REJECTED') return error.detail.reason
    throw error
  }
}

describe('mempool', () => {
  it('chains unconfirmed transactions and mines them in one block, parents first', () => {
    const a = fund(FREE)
    const b = spend(a, { fee: 1000n })
    const c = spend(b, { fee: 1000n })
    for (const tx of [b, c]) expect(reasonOf(tx)).toBe('accepted')
    const [block] = chain.mine(1)
    expect(block?.transactions.slice(1).map((tx) => tx.getId())).toEqual([a, b, c].map((tx) => tx.getId()))
    expect(chain.mempool.list()).toEqual([])
    expect(chain.unspent(coinKey(c.getId(), 0))?.value).toBe(998_000n)
  })

  it('forgets everything when told, and takes it again', () => {
    const a = fund(FREE)
    const b = spend(a, { fee: 1000n })
    expect(reasonOf(b)).toBe('accepted')
    expect(chain.evict()).toEqual([a.getId(), b.getId()])
    expect(chain.mempool.list()).toEqual([])
    chain.mine(1)
    expect(chain.transaction(b.getId())).toBeUndefined()
    for (const tx of [a, b]) expect(reasonOf(tx)).toBe('accepted')
  })

  it('refuses with Bitcoin Core’s reasons', () => {
    const a = fund(FREE)
    chain.mine(1)
    expect(reasonOf(spend(a, { fee: 50n }))).toBe('min relay fee not met')
    expect(reasonOf(spend(a, { fee: 999_900n }))).toBe('dust')
    expect(reasonOf(spend(a, { fee: -1n }))).toBe('bad-txns-in-belowout')
    expect(reasonOf(spend(a, { fee: 1000n, lockTime: 500 }))).toBe('non-final')
    expect(reasonOf(spend(a, { fee: 1000n, witness: [Uint8Array.of(0)] }))).toBe('mandatory-script-verify-flag-failed')
    const orphan = spend(spend(a, { fee: 1000n }), { fee: 1000n })
    expect(reasonOf(orphan)).toBe('missing-inputs')
  })

  it('keeps lines of unconfirmed transactions short and light', () => {
    const first = fund(FREE, 90_000_000n)
    chain.mine(1)
    let tip = first
    for (let i = 0; i < 25; i++) expect(reasonOf((tip = spend(tip, { fee: 1000n })))).toBe('accepted')
    expect(reasonOf(spend(tip, { fee: 1000n }))).toBe('too-long-mempool-chain')
    chain.mine(1)
    const wide = fund(FREE, 90_000_000n)
    chain.mine(1)
    const heavy = (parent: Transaction): Transaction => {
      const tx = spend(parent, { fee: 200_000n })
      for (let i = 0; i < 1_100; i++) tx.addOutput(FREE, 1_000n)
      const [output] = tx.outs
      if (output !== undefined) output.value = (parent.outs[0]?.value ?? 0n) - 1_300_000n
      return tx
    }
    const one = heavy(wide)
    expect(reasonOf(one)).toBe('accepted')
    const two = heavy(one)
    expect(reasonOf(two)).toBe('accepted')
    expect(reasonOf(heavy(two))).toBe('too-long-mempool-chain')
    expect(reasonOf(spend(two, { fee: 1000n }))).toBe('accepted')
  })

  it('drops what pays less than a risen floor, unless descendants pay for it', () => {
    const funding = [fund(FREE), fund(FREE), fund(FREE)]
    chain.mine(1)
    const [poor, lifted, rich] = funding.map((tx, i) => spend(tx, { fee: i === 2 ? 5_000n : 150n })) as [
      Transaction,
      Transaction,
      Transaction,
    ]
    const child = spend(lifted, { fee: 5_000n })
    const lost = spend(poor, { fee: 200n })
    for (const tx of [poor, lifted, rich, child, lost]) expect(reasonOf(tx)).toBe('accepted')
    chain.mempool.setFloor(10_000n)
    expect(
      chain.mempool
        .list()
        .map(({ txid }) => txid)
        .toSorted(),
    ).toEqual([lifted, rich, child].map((tx) => tx.getId()).toSorted())
    expect(reasonOf(poor)).toBe('mempool min fee not met')
    chain.mempool.setFloor(0n)
    expect(reasonOf(poor)).toBe('accepted')
  })

  it('replaces for a higher fee and rate, descendants included, whatever the sequences', () => {
    const a = fund(FREE)
    const cheap = spend(a, { fee: 1000n, sequence: 0xffff_ffff })
    const child = spend(cheap, { fee: 5000n })
    for (const tx of [cheap, child]) expect(reasonOf(tx)).toBe('accepted')
    expect(reasonOf(spend(a, { fee: 3000n }))).toBe('insufficient fee')
    const dear = spend(a, { fee: 9000n })
    expect(reasonOf(dear)).toBe('accepted')
    expect(chain.mempool.list().map((entry) => entry.txid)).toEqual([a.getId(), dear.getId()])
    expect(reasonOf(cheap)).toBe('insufficient fee')
  })

  it('lets coinbases ripen for a hundred blocks', () => {
    const coinbase = chain.blockAt(50)?.transactions[0]
    if (coinbase === undefined) throw new Error('no block 50')
    const early = new Transaction()
    early.addInput(coinbase.getHash(), 0)
    early.addOutput(FREE, 1_000_000n)
    expect(reasonOf(early)).toBe('bad-txns-premature-spend-of-coinbase')
  })

  it('takes known transactions silently while an output is unspent', () => {
    const a = fund(FREE)
    chain.mine(1)
    expect(reasonOf(a)).toBe('accepted')
    expect(chain.mempool.list()).toEqual([])
  })
})

describe('relative locks (BIP-68)', () => {
  it('count blocks from the one that holds the coin', () => {
    const a = fund(FREE)
    const locked = spend(a, { fee: 1000n, sequence: 3 })
    expect(reasonOf(locked)).toBe('non-BIP68-final')
    chain.mine(2)
    expect(reasonOf(locked)).toBe('non-BIP68-final')
    chain.mine(1)
    expect(reasonOf(locked)).toBe('accepted')
  })

  it('mean nothing in version 1, or with the disable flag', () => {
    const a = fund(FREE)
    const old = spend(a, { fee: 1000n, sequence: 3 })
    old.version = 1
    expect(reasonOf(old)).toBe('accepted')
    expect(reasonOf(spend(a, { fee: 20_000n, sequence: 0x8000_0003 }))).toBe('accepted')
  })
})

describe('script check', () => {
  const secrets = [1, 2].map((n) => sha256(Uint8Array.of(n)))
  const [trader = new Uint8Array(), auctioneer = new Uint8Array()] = secrets
  const expiry = 130
  const output = accountOutput({
    version: 0,
    traderKey: accountKey(pointFromSecret(trader)),
    auctioneerKey: pubKey(pointFromSecret(auctioneer)),
    batchKey: INITIAL_BATCH_KEY,
    secret: sha256(Uint8Array.of(3)),
    expiry: blockHeight(expiry),
  })
  if (output.kind !== 'p2wsh') throw new Error('version 0 is P2WSH')

  const sign = (tx: Transaction, secret: Uint8Array, tweak: Uint8Array): Uint8Array => {
    const digest = tx.hashForWitnessV0(0, output.witnessScript, 1_000_000n, 1)
    return derEncode(signEcdsa(digest, tweakSecret(secret, tweak)))
  }

  it('accepts an account spent by both, and refuses swapped signatures', () => {
    const account = fund(output.script)
    const tx = spend(account, { fee: 1000n })
    const signatures = {
      trader: sign(tx, trader, output.traderTweak),
      auctioneer: sign(tx, auctioneer, output.auctioneerTweak),
    }
    const swapped = { trader: signatures.auctioneer, auctioneer: signatures.trader }
    tx.setWitness(0, [...multiSigWitness(output, swapped)])
    expect(reasonOf(tx)).toBe('mandatory-script-verify-flag-failed')
    tx.setWitness(0, [...multiSigWitness(output, signatures)])
    expect(reasonOf(tx)).toBe('accepted')
  })

  it('enforces the expiry of an account', () => {
    const account = fund(output.script)
    const early = spend(account, { fee: 1000n, sequence: 0, lockTime: expiry - 1 })
    chain.mine(10)
    early.setWitness(0, [...expiryWitness(output, sign(early, trader, output.traderTweak))])
    expect(reasonOf(early)).toBe('mandatory-script-verify-flag-failed')
    const due = spend(account, { fee: 1000n, sequence: 0, lockTime: expiry })
    due.setWitness(0, [...expiryWitness(output, sign(due, trader, output.traderTweak))])
    expect(reasonOf(due)).toBe('accepted')
  })
})

describe('blocks', () => {
  it('carry proof of work, their parent’s hash, rising times and a witness commitment', () => {
    const changes: ChainChange[] = []
    chain.onChange((change) => changes.push(change))
    fund(FREE)
    const [first, second] = chain.mine(2)
    expect(second?.previous).toBe(first?.hash)
    expect(second?.time).toBeGreaterThan(first?.time ?? 0)
    expect((second?.hash ?? 'f') < '8').toBe(true)
    expect(first?.transactions[0]?.outs[1]?.script.subarray(0, 6)).toEqual(fromHex('6a24aa21a9ed'))
    expect(changes.map((change) => change.connected.map((block) => block.height))).toEqual([[121], [122]])
  })

  it('are the same for the same past', () => {
    const twin = new Chain({ now: () => START, payTo: FAUCET_SCRIPT })
    twin.mine(120)
    expect(twin.tip.hash).toBe(chain.tip.hash)
  })

  it('are replaced in a reorganisation; undone transactions return and confirm again', () => {
    const changes: ChainChange[] = []
    chain.onChange((change) => changes.push(change))
    const a = fund(FREE)
    chain.mine(1)
    const b = spend(a, { fee: 1000n })
    chain.publish(b)
    chain.mine(1)
    const lost = chain.tip.hash
    chain.reorg(2, { empty: true })
    expect(chain.height).toBe(123)
    expect(chain.isActive(chain.blockByHash(lost) ?? chain.tip)).toBe(false)
    expect(chain.mempool.list().map((entry) => entry.txid)).toEqual([a.getId(), b.getId()])
    expect(changes.at(-1)).toMatchObject({ disconnected: [{ height: 121 }, { height: 122 }] })
    chain.mine(1)
    expect(chain.ledger.transaction(b.getId())?.height).toBe(124)
  })

  it('cannot be undone below the first', () => {
    expect(() => chain.reorg(500)).toThrow(ChainError)
  })
})

describe('ledger', () => {
  it('knows who spent what, and forgets it when undone', () => {
    const a = fund(FREE)
    const b = spend(a, { fee: 1000n })
    chain.publish(b)
    chain.mine(1)
    const key = coinKey(a.getId(), 0)
    expect(chain.spendOf(key)).toMatchObject({ height: 121, inputIndex: 0 })
    expect(chain.unspent(key)).toBeUndefined()
    chain.reorg(1, { empty: true })
    expect(chain.spendOf(key)).toBeUndefined()
  })
  it('finds the unspent outputs of a script through spends, blocks, eviction and reorganisation', () => {
    const a = fund(FREE)
    const b = spend(a, { fee: 1000n })
    const found = (): readonly string[] => chain.unspentOf(new Set([toHex(FREE)])).map(({ txid }) => txid)
    expect(found()).toEqual([a.getId()])
    chain.mine(1)
    expect(found()).toEqual([a.getId()])
    chain.publish(b)
    expect(found()).toEqual([b.getId()])
    chain.evict()
    expect(found()).toEqual([a.getId()])
    chain.publish(b)
    chain.mine(1)
    expect(found()).toEqual([b.getId()])
    const other = new Chain({ now: () => START, payTo: FAUCET_SCRIPT })
    other.ledger.takeOver(chain.ledger)
    expect([...other.ledger.unspentOf(toHex(FREE))].map(({ txid }) => txid)).toEqual([b.getId()])
    chain.reorg(1, { empty: true })
    expect(found()).toEqual([b.getId()])
    chain.evict()
    expect(found()).toEqual([a.getId()])
  })
})
