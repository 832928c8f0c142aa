import type { ServerMessage } from '@tidepool/auctioneer'
import { incrementBatchKey, txid } from '@tidepool/crypto'
import type { BatchProposal } from '@tidepool/market'
import { expect } from 'vitest'
import { comeToRest, faultsAtRest } from '../checks/atRest.ts'
import type { World } from '../world.ts'
import { openBook } from './books.ts'
import { foreignIndex, plus, withOutput } from './lies/tools.ts'
import type { Scene, Told } from './lie.ts'
import { overTheWire } from './liar.ts'

/** A batch that everybody signed is published; one of them is told something else instead of that it is final. */
export interface TakenBack {
  readonly name: string
  /** In place of Finalize, after the proposal that was signed. */
  readonly tell: (proposal: BatchProposal, scene: Scene) => readonly Told[]
  /** The victim accepts what it is told. */
  readonly accepts?: boolean
  /** What is said to be final under its id, when the victim asks after a loss of the stream. */
  readonly final?: ReturnType<typeof txid>
  /** What the victim calls it, when it can tell. */
  readonly code?: string
}

const OTHER = txid('11'.repeat(32))
const RECONNECT_MS = 120_000

const empty = (proposal: BatchProposal): BatchProposal => ({
  ...proposal,
  transaction: { ...proposal.transaction, inputs: proposal.transaction.inputs.slice(0, 1) },
  ...{ matches: [], accountDiffs: [], clearingPrices: new Map() },
})

/** As honestly done when a batch is tried again: a satoshi more for the miners, out of the auctioneer's own output. */
const triedAgain = (proposal: BatchProposal, scene: Scene): BatchProposal => ({
  ...proposal,
  transaction: {
    ...proposal.transaction,
    ...withOutput(proposal.transaction, foreignIndex(proposal, scene), (output) => plus(output, -1n)),
  },
})

const prepare = (proposal: BatchProposal): Told => ({ kind: 'prepare', proposal })

/** What an honest auctioneer says, too: no check of the message can find out. */
export const TAKEN_BACK: readonly TakenBack[] = [
  { name: 'an empty proposal under its id', tell: (proposal) => [prepare(empty(proposal))], accepts: true },
  {
    name: 'an empty proposal under the next id',
    tell: (proposal) => [prepare(empty({ ...proposal, batchId: incrementBatchKey(proposal.batchId) }))],
    final: OTHER,
    accepts: true,
  },
  { name: 'a proposal that is refused', tell: (proposal) => [prepare({ ...proposal, accountDiffs: [] })] },
  {
    name: 'another proposal that is accepted',
    tell: (proposal, scene) => [prepare(triedAgain(proposal, scene))],
    accepts: true,
  },
  { name: 'the same proposal again', tell: (proposal) => [prepare(proposal)], code: 'TRANSACTION_ALREADY_SIGNED' },
  { name: 'nothing, and then that another transaction is final', tell: () => [], final: OTHER },
]

/** Dropped as told, and live with its channel, its fill and its balance as soon as the chain shows it. */
export async function expectLiveAllTheSame(lie: TakenBack, victim: 'alice' | 'bob'): Promise<void> {
  const answers: string[] = []
  const world = await openBook('plain', lie.name)
  const codes: string[] = []
  world.stage.hear = ({ who, fields }) => {
    if (who === victim && 'codes' in fields) codes.push(...(fields.codes as readonly string[]))
  }
  takeBack(world, lie, victim, answers)
  await world.auction()
  await world.stage.scheduler.drain()
  const accepts = (): number => answers.filter((kind) => kind === 'accept').length
  expect(accepts(), world.story()).toBe(lie.accepts === true ? 2 : 1)
  if (lie.final !== undefined) for (const stream of world.stage.streams) stream.cut()
  await world.stage.scheduler.pass(RECONNECT_MS)
  const { ledger } = world.trader(victim).trader
  expect([ledger.staged, ledger.batches.size], world.story()).toEqual([undefined, 0])
  if (lie.code !== undefined) expect(codes).toContain(lie.code)
  world.arrives = (_, letter) => ({ letter })
  world.answers = (_, __, answer) => answer
  await comeToRest(world)
  expect(await faultsAtRest(world, true), world.story()).toEqual([])
  expect([...world.trader(victim).trader.ledger.orders.values()].map(({ state }) => state)).toEqual(['executed'])
}

function takeBack(world: World, lie: TakenBack, victim: string, answers: string[]): void {
  const heard: ServerMessage[] = []
  const scene: Scene = {
    ...{ world, heard },
    victim: world.trader(victim),
    other: world.trader(victim === 'bob' ? 'alice' : 'bob'),
  }
  world.arrives = (name, letter) => {
    if (name === victim && letter.way === 'up') answers.push(letter.message.kind)
    if (name !== victim || letter.way !== 'down') return { letter }
    heard.push(letter.message)
    if (letter.message.kind !== 'finalize') return { letter }
    const signed = heard.findLast((one) => one.kind === 'prepare')
    const told = signed?.kind === 'prepare' ? lie.tell(signed.proposal, scene) : []
    return { letter, instead: told.flatMap((one) => overTheWire(one) ?? []) }
  }
  world.answers = <T>(name: string, call: string, answer: T): T =>
    name === victim && call === 'finalTransaction' && lie.final !== undefined ? (lie.final as T) : answer
}
