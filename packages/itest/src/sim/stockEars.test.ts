import type { ServerMessage } from '@tidepool/auctioneer'
import { batchId, orderNonce } from '@tidepool/crypto'
import type { AccountKey } from '@tidepool/crypto'
import { batchVersion } from '@tidepool/market'
import type { ClientMessage } from '@tidepool/trader'
import { beforeAll, describe, expect, it } from 'vitest'
import { StockEars } from './checks/stockEars.ts'
import type { Surroundings } from './checks/stockEars.ts'
import { threeTraders } from './words/threeTraders.ts'
import type { World } from './world.ts'

type Down<Kind extends ServerMessage['kind']> = Extract<ServerMessage, { kind: Kind }>

let world: World
/** What bob, whose account is taproot, was told in an undisturbed batch. */
let prepare: Down<'prepare'>
let signBegin: Down<'signBegin'>
let finalize: Down<'finalize'>

beforeAll(async () => {
  world = await threeTraders('stock ears')
  const heard: ServerMessage[] = []
  world.arrives = (trader, letter) => {
    if (trader === 'bob' && letter.way === 'down') heard.push(letter.message)
    return { letter }
  }
  await world.auction()
  await world.stage.scheduler.drain()
  for (const message of heard) {
    if (message.kind === 'prepare') prepare = message
    if (message.kind === 'signBegin') signBegin = message
    if (message.kind === 'finalize') finalize = message
  }
})

const commitHash = new Uint8Array(32).fill(1)
const challenge = { kind: 'challenge', challenge: new Uint8Array(32), commitHash } as const
const account = {
  kind: 'account',
  get account() {
    const view = world.auctioneer.auctioneer.queries.find(world.trader('bob').key)
    if (view?.kind !== 'account') throw new Error('bob has an account')
    return view.view
  },
} as const

class Conversation {
  readonly traps: string[] = []
  readonly ears: StockEars
  readonly bob = world.trader('bob')
  stream = {}

  constructor(around: Partial<Surroundings> = {}) {
    this.ears = new StockEars({
      note: (trap) => this.traps.push(trap),
      nodeKeyOf: () => this.bob.node.key,
      knowsOrder: () => true,
      versionOf: () => 1,
      isUnconfirmedBatch: () => false,
      ...around,
    })
  }

  get key(): AccountKey {
    return this.bob.key
  }

  say(...messages: readonly ClientMessage[]): this {
    for (const message of messages) this.ears.sent('bob', this.stream, message)
    return this
  }

  hear(...messages: readonly ServerMessage[]): this {
    for (const message of messages) this.ears.told('bob', this.stream, message)
    return this
  }

  begin(): this {
    return this.say({ kind: 'commit', commitHash, batchVersion: prepare.proposal.batchVersion })
  }

  prove(): this {
    return this.begin()
      .hear(challenge)
      .say({ kind: 'subscribe', key: this.key, nonce: commitHash, signature: commitHash })
  }

  subscribe(): this {
    return this.prove().hear({ kind: 'success', traderKey: this.key })
  }

  accept(): this {
    return this.hear(prepare).say({ kind: 'accept', batchId: prepare.proposal.batchId })
  }

  sign(): this {
    const none = { accountSigs: new Map(), traderNonces: new Map(), channelInfos: new Map() }
    return this.hear(signBegin).say({ kind: 'sign', reply: { batchId: prepare.proposal.batchId, ...none } })
  }

  reconnect(): this {
    this.stream = {}
    return this.subscribe()
  }
}

const success = (): ServerMessage => ({ kind: 'success', traderKey: world.trader('bob').key })
const other = () => batchId(world.auctioneerKey)

/** Each trap, and a conversation that falls into it. */
const TRAPS: readonly (readonly [
  trap: RegExp,
  fall: (around: (more: Partial<Surroundings>) => Conversation) => Conversation,
])[] = [
  [
    /a challenge that is no hash/,
    (c) =>
      c({})
        .begin()
        .hear({ ...challenge, challenge: new Uint8Array(5) }),
  ],
  [
    /a challenge for no commitment/,
    (c) =>
      c({})
        .begin()
        .hear({ ...challenge, commitHash: new Uint8Array(32) }),
  ],
  [/a challenge for no commitment/, (c) => c({}).begin().hear(challenge, challenge)],
  [/success that answers no/, (c) => c({}).begin().hear(success())],
  [/success that answers no/, (c) => c({}).subscribe().hear(success())],
  [
    /accountUnknown that answers no/,
    (c) =>
      c({})
        .subscribe()
        .hear({ kind: 'accountUnknown', traderKey: world.trader('bob').key }),
  ],
  [
    /accountReserved that answers no/,
    (c) =>
      c({})
        .subscribe()
        .hear({ kind: 'accountReserved', traderKey: world.trader('bob').key, reservation: account.account }),
  ],
  [/an account nobody asked for/, (c) => c({}).subscribe().hear(account)],
  [
    /without output or transaction/,
    (c) =>
      c({})
        .subscribe()
        .say({ kind: 'recover', key: world.trader('bob').key })
        .hear({ kind: 'account', account: { ...account.account, outpoint: undefined } }),
  ],
  [
    /without output or transaction/,
    (c) =>
      c({})
        .subscribe()
        .say({ kind: 'recover', key: world.trader('bob').key })
        .hear({ kind: 'account', account: { ...account.account, latestTx: new Uint8Array() } }),
  ],
  [/a proposal in a handshake/, (c) => c({}).prove().hear(prepare)],
  [
    /another batch version/,
    (c) =>
      c({})
        .subscribe()
        .hear({ ...prepare, proposal: { ...prepare.proposal, batchVersion: batchVersion(10) } }),
  ],
  [
    /its own node/,
    (c) =>
      c({ nodeKeyOf: () => prepare.proposal.matches[0]?.counterpart.nodeKey ?? world.trader('bob').node.key })
        .subscribe()
        .hear(prepare),
  ],
  [
    /an order it does not know/,
    (c) =>
      c({ knowsOrder: (_, nonce) => nonce === orderNonce('00'.repeat(32)) })
        .subscribe()
        .hear(prepare),
  ],
  [/SignBegin for what it has not accepted/, (c) => c({}).subscribe().hear(signBegin)],
  [/SignBegin for what it has not accepted/, (c) => c({}).subscribe().accept().hear(prepare, signBegin)],
  [/SignBegin for what it has not accepted/, (c) => c({}).subscribe().accept().reconnect().hear(signBegin)],
  [
    /SignBegin for another batch/,
    (c) =>
      c({})
        .subscribe()
        .accept()
        .hear({ ...signBegin, request: { ...signBegin.request, batchId: other() } }),
  ],
  [
    /without every output/,
    (c) =>
      c({})
        .subscribe()
        .accept()
        .hear({ ...signBegin, request: { ...signBegin.request, prevOutputs: [] } }),
  ],
  [
    /without a nonce for every/,
    (c) =>
      c({})
        .subscribe()
        .accept()
        .hear({ ...signBegin, request: { ...signBegin.request, serverNonces: new Map() } }),
  ],
  [
    /one too many/,
    (c) =>
      c({ versionOf: () => 0 })
        .subscribe()
        .accept()
        .hear(signBegin),
  ],
  [
    /not 66 bytes/,
    (c) =>
      c({})
        .subscribe()
        .accept()
        .hear({
          ...signBegin,
          request: {
            ...signBegin.request,
            serverNonces: new Map([...signBegin.request.serverNonces.keys()].map((key) => [key, new Uint8Array(65)])),
          },
        }),
  ],
  [/Finalize of what it has not signed/, (c) => c({}).subscribe().accept().hear(finalize)],
  [/Finalize of what it has not signed/, (c) => c({}).subscribe().accept().sign().reconnect().hear(finalize)],
  [/Finalize of what it has not signed/, (c) => c({}).subscribe().accept().sign().hear(finalize, finalize)],
  [
    /Finalize of another batch/,
    (c) =>
      c({})
        .subscribe()
        .accept()
        .sign()
        .hear({ ...finalize, batchId: other() }),
  ],
  [
    /it abandons live channels/,
    (c) =>
      c({ isUnconfirmedBatch: () => true })
        .subscribe()
        .accept()
        .sign()
        .reconnect()
        .hear(prepare),
  ],
]

describe('a stock daemon hears', () => {
  it.each(TRAPS.map((trap, i) => [i, ...trap] as const))('%i: %s', (_, trap, fall) => {
    const { traps } = fall((around) => new Conversation(around))
    expect(traps).toHaveLength(1)
    expect(traps[0]).toMatch(trap)
  })

  it('nothing wrong in a batch from handshake to end, twice', () => {
    const c = new Conversation({ isUnconfirmedBatch: () => true })
    c.subscribe().accept().sign().hear(finalize).accept().sign().hear(finalize)
    c.reconnect().say({ kind: 'recover', key: c.key }).hear(account)
    expect(c.traps).toEqual([])
  })

  it.each(['begin', 'prove'] as const)('the end of a handshake it has to %s', (step) => {
    const c = new Conversation()
    c[step]().ears.ended('bob', c.stream, 'internal')
    expect(c.traps).toEqual(['stock bob: a handshake ended with internal and is never tried again'])
  })

  it('the end of a stream without handshakes, as a reason to come back', () => {
    const c = new Conversation().subscribe()
    c.ears.ended('bob', c.stream, 'replaced')
    expect(c.traps).toEqual([])
  })

  it('every trader of a world', async () => {
    expect(world.stage.witness.violations).toEqual([])
    const { registry } = world.auctioneer.auctioneer
    await registry.sessionOf(world.trader('carol').key)?.finalize(finalize)
    await world.stage.scheduler.drain()
    expect(world.stage.witness.violations).toEqual(['stock carol: Finalize of what it has not signed'])
  })
})
