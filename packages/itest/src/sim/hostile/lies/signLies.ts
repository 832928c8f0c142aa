import { accountKey, incrementBatchKey, p2trScript, p2wshScript, satoshi, txid } from '@tidepool/crypto'
import { fromHex } from '@tidepool/crypto'
import { blockHeight } from '@tidepool/crypto'
import type { AccountKey, TxOutput } from '@tidepool/crypto'
import type { ServerMessage } from '@tidepool/auctioneer'
import type { BatchProposal, SignRequest } from '@tidepool/market'
import { serverMessageToWire } from '@tidepool/rpc'
import { STRANGER } from '../books.ts'
import { asking, telling } from '../lie.ts'
import type { Lie, Scene, Told, Words } from '../lie.ts'
import { accountIndex, accountOf, foreignIndex, plus, withOutput } from './tools.ts'

const nonces = (words: Words, change: (nonce: Uint8Array) => Uint8Array): Lie =>
  asking(words, (request) => ({
    ...request,
    serverNonces: new Map([...request.serverNonces].map(([key, nonce]) => [key, change(nonce)])),
  }))

/** Nonces of a size that no conversion of ours would write. */
const rawNonces = (words: Words, change: (nonce: Uint8Array) => Uint8Array): Lie =>
  telling('signing', words, (message) => {
    if (message.kind !== 'signBegin') return undefined
    const serverNonces = new Map([...message.request.serverNonces].map(([key, nonce]) => [key, change(nonce)]))
    return [{ kind: 'signBegin', request: { ...message.request, serverNonces } }]
  })

const inputIndex = (scene: Scene, ours: boolean): number => {
  const { outpoint } = accountOf(scene)
  const proposed = scene.heard.findLast((message) => message.kind === 'prepare')
  if (proposed?.kind !== 'prepare') return -1
  return proposed.proposal.transaction.inputs.findIndex(
    ({ prevout }) => (prevout.txid === outpoint.txid && prevout.index === outpoint.index) === ours,
  )
}

const prevOutput = (words: Words, ours: boolean, change: (output: TxOutput) => Partial<TxOutput>): Lie =>
  asking(words, (request, scene) => ({
    ...request,
    prevOutputs: request.prevOutputs.map((output, i) =>
      i === inputIndex(scene, ours) ? { ...output, ...change(output) } : output,
    ),
  }))

/** The victim accepts an altered transaction, and is asked to sign that. */
const altered = (words: Words, change: (batch: BatchProposal, scene: Scene) => BatchProposal): Lie =>
  telling('signing', words, (message, scene) =>
    message.kind === 'prepare' ? [{ kind: 'prepare', proposal: change(message.proposal, scene) }] : undefined,
  )

/** What the victim is asked to sign, and how. */
export const SIGN_LIES: readonly Lie[] = [
  asking(['no server nonce', 'SERVER_NONCE_MISSING', 'caught'], (request) => ({ ...request, serverNonces: new Map() })),
  nonces(['a server nonce of zeros', 'SERVER_NONCE_INVALID', 'accepted', 'V-31'], (nonce) => nonce.map(() => 0)),
  nonces(['a server nonce of noise', 'SERVER_NONCE_INVALID', 'caught'], (nonce) => nonce.map(() => 0xff)),
  nonces(['half a server nonce', 'SERVER_NONCE_INVALID', 'caught'], (nonce) =>
    nonce.map((byte, i) => (i < 33 ? byte : 0)),
  ),
  nonces(['a server nonce of one point off the curve', 'SERVER_NONCE_INVALID', 'caught'], (nonce) =>
    nonce.map((byte, i) => (i > 34 ? 0 : byte)),
  ),
  rawNonces(['a server nonce of 33 bytes', 'BAD_FIELD', 'caught', { field: 'expected 66 bytes' }], (nonce) =>
    nonce.subarray(33),
  ),
  rawNonces(['a server nonce of 132 bytes', 'BAD_FIELD', 'caught', { field: 'expected 66 bytes' }], (nonce) =>
    Uint8Array.of(...nonce, ...nonce),
  ),
  asking(
    ['a server nonce for an account that needs none', 'SERVER_NONCE_UNEXPECTED', 'accepted', { victim: 'alice' }],
    (request, { victim }) => ({
      ...request,
      serverNonces: new Map([[victim.keyOf(0), new Uint8Array(66).fill(2)]]),
    }),
  ),
  asking(["a server nonce for the other's account", 'SERVER_NONCE_UNEXPECTED', 'accepted'], (request, { other }) => ({
    ...request,
    serverNonces: new Map([...request.serverNonces, ...withKey(request, other.key)]),
  })),
  asking(['a server nonce for the other alone', 'SERVER_NONCE_MISSING', 'caught'], (request, { other }) => ({
    ...request,
    serverNonces: withKey(request, other.key),
  })),
  asking(
    ['a server nonce of the last batch', 'SERVER_NONCE_REUSED', 'accepted', { book: 'second' }],
    (request, { heard }) => {
      const earlier = heard.find((message) => message.kind === 'signBegin')
      return earlier === undefined ? request : { ...request, serverNonces: earlier.request.serverNonces }
    },
  ),
  asking(['no previous outputs', 'PREV_OUTPUTS_INCOMPLETE', 'crash'], (request) => ({ ...request, prevOutputs: [] })),
  asking(
    ['no previous outputs for version 0', 'PREV_OUTPUTS_INCOMPLETE', 'accepted', { victim: 'alice' }],
    (request) => ({
      ...request,
      prevOutputs: [],
    }),
  ),
  asking(['a previous output too few', 'PREV_OUTPUTS_INCOMPLETE', 'crash'], (request) => ({
    ...request,
    prevOutputs: request.prevOutputs.slice(1),
  })),
  asking(['a previous output too many', 'PREV_OUTPUTS_INCOMPLETE', 'accepted'], (request) => ({
    ...request,
    prevOutputs: [...request.prevOutputs, ...request.prevOutputs.slice(0, 1)],
  })),
  asking(['previous outputs in another order', 'PREV_OUTPUT_WRONG', 'accepted'], (request) => ({
    ...request,
    prevOutputs: [...request.prevOutputs.slice(1), ...request.prevOutputs.slice(0, 1)],
  })),
  prevOutput(['less in our own previous output', 'PREV_OUTPUT_WRONG', 'accepted'], true, (output) => plus(output, -1n)),
  prevOutput(['more in our own previous output', 'PREV_OUTPUT_WRONG', 'accepted'], true, (output) => plus(output, 1n)),
  prevOutput(['another script in our own previous output', 'PREV_OUTPUT_WRONG', 'accepted'], true, () => ({
    script: p2trScript(fromHex(STRANGER).subarray(1)),
  })),
  prevOutput(['another script for version 0', 'PREV_OUTPUT_WRONG', 'accepted'], true, () => ({
    script: p2wshScript(new Uint8Array(34)),
  })),
  prevOutput(["a stranger's previous output of nothing", 'TRANSACTION_FEE_TOO_LOW', 'accepted', 'V-12'], false, () => ({
    value: satoshi(0),
  })),
  prevOutput(['a stranger that signs in the old way', 'INPUT_MALLEABLE', 'accepted'], false, () => ({
    script: fromHex(`76a914${'00'.repeat(20)}88ac`),
  })),
  prevOutput(['a nested witness program', 'INPUT_MALLEABLE', 'accepted'], false, () => ({
    script: fromHex(`a914${'00'.repeat(20)}87`),
  })),
  asking(['a request to sign another batch', 'SIGN_OTHER_BATCH', 'accepted'], (request) => ({
    ...request,
    batchId: incrementBatchKey(request.batchId),
  })),
  altered(['the miner fee kept by the auctioneer', 'TRANSACTION_FEE_TOO_LOW', 'accepted', 'V-12'], (batch, scene) => ({
    ...batch,
    transaction: {
      ...batch.transaction,
      ...withOutput(batch.transaction, foreignIndex(batch, scene), (output) => plus(output, 200n)),
    },
  })),
  altered(['a signature script in a foreign input', 'INPUT_MALLEABLE', 'accepted'], (batch, scene) => ({
    ...batch,
    transaction: {
      ...batch.transaction,
      inputs: batch.transaction.inputs.map((input) =>
        input.prevout.txid === accountOf(scene).outpoint.txid ? input : { ...input, scriptSig: Uint8Array.of(1, 1) },
      ),
    },
  })),
  altered(["a stranger's account moved elsewhere and an input more", 'PREV_OUTPUTS_INCOMPLETE', 'crash'], (batch) => ({
    ...batch,
    transaction: {
      ...batch.transaction,
      inputs: [
        ...batch.transaction.inputs,
        {
          prevout: { txid: txid('77'.repeat(32)), index: 0 },
          scriptSig: new Uint8Array(),
          sequence: 0,
          witness: [],
        },
      ],
    },
  })),
]

const withKey = (request: SignRequest, key: AccountKey): ReadonlyMap<AccountKey, Uint8Array> =>
  new Map([...request.serverNonces].map(([, nonce]) => [accountKey(key), nonce]))

const requestFor = (batch: BatchProposal, victim: Scene['victim']): SignRequest => ({
  batchId: batch.batchId,
  serverNonces: new Map([[victim.keyOf(2), new Uint8Array(66).fill(2)]]),
  prevOutputs: [],
})

const at = (
  kind: ServerMessage['kind'],
  words: Words,
  tell: (message: ServerMessage, scene: Scene) => readonly Told[],
): Lie => telling('sequence', words, (message, scene) => (message.kind === kind ? tell(message, scene) : undefined))

const poor = (batch: BatchProposal): BatchProposal => ({
  ...batch,
  transaction: {
    ...batch.transaction,
    ...withOutput(batch.transaction, accountIndex(batch), (output) => plus(output, -1000n)),
  },
})

const finalize = (message: ServerMessage & { kind: 'finalize' }, change: object): ServerMessage => ({
  ...message,
  ...change,
})

/** Messages at the wrong moment. */
export const SEQUENCE_LIES: readonly Lie[] = [
  at(
    'prepare',
    ['a request to sign before any proposal', 'SIGN_NOT_ACCEPTED', 'crash', { batchGoesOn: true }],
    (message, { victim }) =>
      message.kind === 'prepare' ? [{ kind: 'signBegin', request: requestFor(message.proposal, victim) }, message] : [],
  ),
  at('signBegin', ['a request to sign twice', 'SIGN_NOT_ACCEPTED', 'accepted', { batchGoesOn: true }], (message) => [
    message,
    message,
  ]),
  at(
    'finalize',
    ['a request to sign again after the batch', 'SIGN_NOT_ACCEPTED', 'crash', { batchGoesOn: true }],
    (message, { heard }) => {
      const asked = heard.findLast((one) => one.kind === 'signBegin')
      return asked === undefined ? [message] : [message, asked]
    },
  ),
  at(
    'prepare',
    ['a refused proposal, then a request to sign it', 'SIGN_NOT_ACCEPTED', 'accepted'],
    (message, { victim }) =>
      message.kind === 'prepare'
        ? [
            { kind: 'prepare', proposal: poor(message.proposal) },
            { kind: 'signBegin', request: requestFor(message.proposal, victim) },
          ]
        : [],
  ),
  at(
    'signBegin',
    ['a poorer transaction after the accepted one', 'ACCOUNT_OUTPUT_VALUE_WRONG', 'caught'],
    (message, { heard }) => {
      const proposed = heard.findLast((one) => one.kind === 'prepare')
      return proposed?.kind === 'prepare'
        ? [{ kind: 'prepare', proposal: poor(proposed.proposal) }, message]
        : [message]
    },
  ),
  at(
    'signBegin',
    ['the accepted batch replaced by nothing, then a request to sign', 'PREV_OUTPUTS_INCOMPLETE', 'accepted'],
    (message, { heard }) => {
      const proposed = heard.findLast((one) => one.kind === 'prepare')
      if (proposed?.kind !== 'prepare') return [message]
      const { proposal } = proposed
      const [first] = proposal.transaction.inputs
      const transaction = { ...proposal.transaction, inputs: first === undefined ? [] : [first] }
      const empty = { ...proposal, transaction, matches: [], accountDiffs: [], clearingPrices: new Map() }
      return [{ kind: 'prepare', proposal: empty }, message]
    },
  ),
  at('prepare', ['final before any proposal', 'FINALIZE_NOT_SIGNED', 'crash', { batchGoesOn: true }], (message) =>
    message.kind === 'prepare'
      ? [{ kind: 'finalize', batchId: message.proposal.batchId, txid: txid('11'.repeat(32)) }, message]
      : [],
  ),
  at('signBegin', ['final before it is signed', 'FINALIZE_NOT_SIGNED', 'stops', { batchGoesOn: true }], (message) =>
    message.kind === 'signBegin'
      ? [{ kind: 'finalize', batchId: message.request.batchId, txid: txid('11'.repeat(32)) }, message]
      : [],
  ),
  at('finalize', ['final under another id', 'FINALIZE_OTHER_BATCH', 'stops', { batchGoesOn: true }], (message) =>
    message.kind === 'finalize' ? [finalize(message, { batchId: incrementBatchKey(message.batchId) }), message] : [],
  ),
  at(
    'finalize',
    ['final with another transaction', 'FINALIZE_OTHER_TRANSACTION', 'ignored', { batchGoesOn: true }],
    (message) => (message.kind === 'finalize' ? [finalize(message, { txid: txid('22'.repeat(32)) }), message] : []),
  ),
  at('finalize', ['final twice', 'FINALIZE_NOT_SIGNED', 'crash', { batchGoesOn: true }], (message) => [
    message,
    message,
  ]),
  at(
    'finalize',
    ['a transaction id of 31 bytes', 'BAD_FIELD', 'ignored', { batchGoesOn: true, field: 'batch_txid' }],
    (message) => {
      const { msg } = serverMessageToWire(message)
      return msg?.case === 'finalize'
        ? [{ wire: { msg: { case: 'finalize', value: { ...msg.value, batchTxid: new Uint8Array(31) } } } }, message]
        : []
    },
  ),
  at(
    'prepare',
    ['a success nobody waits for', 'MESSAGE_UNASKED', 'deaf', { batchGoesOn: true }],
    (message, { victim }) => [{ kind: 'success', traderKey: victim.key }, message],
  ),
  at('prepare', ['a challenge nobody waits for', 'MESSAGE_UNASKED', 'deaf', { batchGoesOn: true }], (message) => [
    { kind: 'challenge', challenge: new Uint8Array(32).fill(8), commitHash: new Uint8Array(32) },
    message,
  ]),
  at(
    'prepare',
    ['an account unknown that is subscribed', 'MESSAGE_UNASKED', 'deaf', { batchGoesOn: true }],
    (message, { victim }) => [{ kind: 'accountUnknown', traderKey: victim.key }, message],
  ),
  at('prepare', ['an account nobody asked for', 'MESSAGE_UNASKED', 'deaf', { batchGoesOn: true }], (message, scene) => {
    const { key: traderKey, value, version, expiry, auctioneerKey, batchKey, outpoint } = accountOf(scene)
    const heightHint = blockHeight(scene.world.stage.chain.height)
    const told = { value, version, expiry, auctioneerKey, batchKey, outpoint, heightHint, traderKey }
    return [{ kind: 'account', account: { ...told, state: 'closed', latestTx: new Uint8Array() } }, message]
  }),
]
