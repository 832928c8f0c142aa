import {
  SecretNonce,
  accountKey,
  accountOutput,
  aggregateKeys,
  combinePartials,
  decodeTx,
  derEncode,
  encodeTx,
  fromHex,
  keyPathWitness,
  multiSigWitness,
  pubKey,
  signEcdsa,
  signPartial,
  startSession,
  toHex,
  tweakSecret,
  txidOf,
} from '@tidepool/crypto'
import { describe, expect, it } from 'vitest'
import { assembleSignReply } from '../src/core/sign/signReply.ts'
import type { SignResult } from '../src/core/sign/signReply.ts'
import { signTasks, spentOutput } from '../src/core/sign/signTask.ts'
import type { MuSig2Task, SignTask } from '../src/core/sign/signTask.ts'
import { acceptedBase, storedAccount } from './support/acceptedBase.ts'
import { signCases, signRequest } from './support/signCase.ts'
import type { SignCase, SignedAccount } from './support/signCase.ts'

const ORDER_STATE = { executed: 3, partiallyFilled: 2 } as const

describe.each(signCases())('$base', (c) => {
  const batch = acceptedBase(c.base)
  const request = signRequest(c.sign_begin_hex)
  const tasks = signTasks(request, batch)

  it('asks to sign exactly what was signed', () => {
    const byKey = (a: { key: string }, b: { key: string }) => (a.key < b.key ? -1 : 1)
    const wanted = tasks.map((task) => ({ key: task.accountKey, input: task.inputIndex, digest: toHex(task.digest) }))
    const signed = c.accounts.map((a) => ({ key: a.trader_key, input: a.input_index, digest: a.sighash }))
    expect(wanted.toSorted(byKey)).toEqual(signed.toSorted(byKey))
  })

  it('makes the recorded Sign message from the recorded keys and nonces', () => {
    const results = tasks.map((task) => sign(c, task))
    const reply = assembleSignReply(batch.batchId, tasks, results, new Map())
    for (const account of c.accounts) {
      const key = accountKey(account.trader_key)
      expect(toHex(reply.accountSigs.get(key) ?? new Uint8Array())).toBe(account.sig)
      const nonce = reply.traderNonces.get(key)
      expect(nonce === undefined ? null : toHex(nonce)).toBe(account.trader_nonces)
    }
    expect(reply.accountSigs.size).toBe(c.accounts.length)
    expect(reply.batchId).toBe(batch.batchId)
  })

  it('sends nothing that is no signature', () => {
    for (const task of tasks) {
      const result = sign(c, task)
      expect(() => assembleSignReply(batch.batchId, [task], [corrupted(result)], new Map())).toThrow()
      expect(() => assembleSignReply(batch.batchId, [task], [], new Map())).toThrow()
    }
  })

  it('completes to the recorded witnesses and transaction', () => {
    const witnesses = new Map(tasks.map((task) => [task.inputIndex, finalWitness(c, task)]))
    for (const account of c.accounts) {
      expect(witnesses.get(account.input_index)?.map(toHex)).toEqual(account.final_witness)
    }
    const inputs = batch.transaction.inputs.map((input, i) => ({ ...input, witness: witnesses.get(i) ?? [] }))
    const final = { ...batch.transaction, inputs }
    expect(toHex(encodeTx(final, { witness: true }))).toBe(c.final_tx)
    expect(txidOf(final)).toBe(c.txid)
    const decoded = decodeTx(fromHex(c.final_tx))
    expect({ ...decoded, inputs: [...decoded.inputs], outputs: [...decoded.outputs] }).toEqual({
      ...final,
      outputs: [...final.outputs],
    })
  })

  it('stages the recorded changes of accounts', () => {
    expect(batch.txid).toBe(c.txid)
    const staged = c.after.accounts.map((after) => {
      const before = storedAccount(c.base, after.trader_key).outpoint
      const gone = after.state_name === 'StatePendingClosed'
      return { key: after.trader_key, value: after.value, next: gone ? undefined : nextOf(after), before }
    })
    const ours = batch.accounts.map(({ before, endingBalance, next }) => ({
      key: before.key,
      value: Number(endingBalance),
      next: next && {
        value: next.value,
        expiry: next.expiry,
        version: next.version,
        batchKey: next.batchKey,
        outpoint: next.outpoint,
      },
      before: before.outpoint,
    }))
    const byKey = (a: { key: string }, b: { key: string }) => (a.key < b.key ? -1 : 1)
    expect(ours.toSorted(byKey)).toEqual(staged.toSorted(byKey))
    for (const after of c.after.accounts) expect(after.height_hint).toBe(batch.heightHint)
  })

  it('stages the recorded changes of orders', () => {
    const byNonce = (a: { nonce: string }, b: { nonce: string }) => (a.nonce < b.nonce ? -1 : 1)
    const ours = batch.fills.map(({ nonce, state, unitsUnfulfilled }) => ({
      nonce,
      state: ORDER_STATE[state],
      units_unfulfilled: unitsUnfulfilled,
    }))
    const staged = c.after.orders.map(({ nonce, state, units_unfulfilled }) => ({ nonce, state, units_unfulfilled }))
    expect(ours.toSorted(byNonce)).toEqual(staged.toSorted(byNonce))
  })
})

function nextOf(after: SignCase['after']['accounts'][number]) {
  const { expiry, version, batch_key: batchKey, outpoint } = after
  return { value: BigInt(after.value), expiry, version, batchKey, outpoint }
}

function recorded(c: SignCase, task: SignTask): SignedAccount {
  const account = c.accounts.find(({ trader_key }) => trader_key === task.accountKey)
  if (account === undefined) throw new Error(`no signature of ${task.accountKey}`)
  return account
}

/** What a signer with the trader's key does with a task. */
function sign(c: SignCase, task: SignTask): SignResult {
  const stored = storedKeys(c, task)
  const account = recorded(c, task)
  const { accountKey: key } = task
  if (task.kind === 'ecdsa') {
    const secret = tweakSecret(stored.trader, task.tweak)
    return { kind: 'ecdsa', accountKey: key, signature: derEncode(signEcdsa(task.digest, secret)) }
  }
  const nonce = fromHex(account.trader_nonces ?? '')
  const partialSignature = signPartial(
    session(task, nonce),
    new SecretNonce(fromHex(account.trader_sec_nonces ?? ''), key),
    stored.trader,
  )
  return { kind: 'musig2', accountKey: key, partialSignature, nonce }
}

function session(task: MuSig2Task, traderNonce: Uint8Array): ReturnType<typeof startSession> {
  const key = aggregateKeys(task.version, task.keys, { kind: 'root', merkleRoot: task.merkleRoot })
  return startSession({ key, message: task.digest, publicNonces: [task.serverNonce, traderNonce] })
}

/** What the auctioneer adds. */
function finalWitness(c: SignCase, task: SignTask): readonly Uint8Array[] {
  const account = recorded(c, task)
  const secret = storedKeys(c, task).auctioneer
  const result = sign(c, task)
  const before = acceptedBase(c.base).accounts.find(({ before: { key } }) => key === task.accountKey)?.before
  if (before === undefined) throw new Error('no such account')
  const output = spentOutput(before)
  if (task.kind === 'ecdsa' && output.kind === 'p2wsh' && result.kind === 'ecdsa') {
    const auctioneer = derEncode(signEcdsa(task.digest, tweakSecret(secret, output.auctioneerTweak)))
    return multiSigWitness(output, { auctioneer, trader: result.signature })
  }
  if (task.kind !== 'musig2' || result.kind !== 'musig2') throw new Error('kinds differ')
  const open = session(task, result.nonce)
  const serverNonce = new SecretNonce(fromHex(account.server_sec_nonces ?? ''), pubKey(before.auctioneerKey))
  const partial = signPartial(open, serverNonce, secret)
  expect(toHex(partial)).toBe(account.auctioneer_partial_sig)
  expect(accountOutput({ ...before, traderKey: before.key }).script).toEqual(output.script)
  const signature = combinePartials(open, [result.partialSignature, partial])
  expect(toHex(signature)).toBe(account.final_sig)
  return keyPathWitness(signature)
}

function storedKeys(c: SignCase, task: SignTask): { readonly trader: Uint8Array; readonly auctioneer: Uint8Array } {
  const stored = storedAccount(c.base, task.accountKey)
  return { trader: fromHex(stored.trader_private_key, 32), auctioneer: fromHex(stored.auctioneer_private_key, 32) }
}

/** Another message's ECDSA signature, and no MuSig2 one at all: lnd has checked that itself. */
function corrupted(result: SignResult): SignResult {
  if (result.kind === 'musig2') return { ...result, partialSignature: new Uint8Array(32) }
  return { ...result, signature: result.signature.map((byte, i, all) => (i === all.length - 1 ? byte ^ 1 : byte)) }
}
