import { accountKey, satoshi } from '@tidepool/crypto'
import type { BatchId, TxList, TxOutput } from '@tidepool/crypto'
import type { SignRequest } from '@tidepool/market'
import { describe, expect, it } from 'vitest'
import { checkSignRequest } from '../src/core/sign/checkSignRequest.ts'
import { validateBatch } from '../src/core/verify/validateBatch.ts'
import type { MismatchCode } from '../src/core/verify/mismatch.ts'
import type { AcceptedBatch } from '../src/core/verify/verdict.ts'
import { acceptedBase, validCase } from './support/acceptedBase.ts'
import { proposalFromJson } from './support/proposalJson.ts'
import { signCases, signErrorCases, signRequest } from './support/signCase.ts'
import { ownRecords } from './support/verifyCase.ts'

const sum = (outputs: TxList<TxOutput>) => outputs.reduce((total, { value }) => total + value, 0n)

const TRANSACTION_FRAME = 4 * 10 + 2
const INPUT = 4 * 41
const OUTPUT = 4 * 43

/** The least fee at the charged rate, counted here by hand: all scripts of the vectors are 34 bytes long. */
function leastFee(batch: AcceptedBatch, request: SignRequest): bigint {
  const witness = request.prevOutputs.map(({ script }, i) => {
    const ours = batch.accounts.find(({ inputIndex }) => inputIndex === i)
    if (ours !== undefined) return ours.before.version === 0 ? 229 : 66
    return script[0] === 0 ? 111 : 66
  })
  const { inputs, outputs } = batch.transaction
  const weight =
    TRANSACTION_FRAME + INPUT * inputs.length + OUTPUT * outputs.length + witness.reduce((a, b) => a + b, 0)
  return (batch.feeRate * BigInt(weight)) / 1000n
}

/** The request with previous outputs of strangers worth enough for the fee. */
function funded(batch: AcceptedBatch, request: SignRequest): SignRequest {
  const missing = sum(batch.transaction.outputs) + leastFee(batch, request) - sum(request.prevOutputs)
  const stranger = batch.transaction.inputs.findIndex((_, i) => batch.accounts.every((a) => a.inputIndex !== i))
  const prevOutputs = request.prevOutputs.map((output, i) =>
    i === stranger && missing > 0n ? { ...output, value: satoshi(output.value + missing) } : output,
  )
  return { ...request, prevOutputs }
}

function codes(request: SignRequest, batch: AcceptedBatch): readonly MismatchCode[] {
  const verdict = checkSignRequest(request, batch)
  return verdict.verdict === 'accepted' ? [] : verdict.mismatches.map(({ code }) => code)
}

function scenario(base: string): { readonly batch: AcceptedBatch; readonly request: SignRequest } {
  const found = signCases().find((c) => c.base === base)
  if (found === undefined) throw new Error(base)
  const batch = acceptedBase(base)
  return { batch, request: funded(batch, signRequest(found.sign_begin_hex)) }
}

describe.each(signCases())('$base', (c) => {
  const batch = acceptedBase(c.base)
  const request = signRequest(c.sign_begin_hex)

  it('is accepted when the fee is paid, and refused for nothing else', () => {
    const paid = sum(request.prevOutputs) - sum(batch.transaction.outputs)
    expect(codes(request, batch)).toEqual(paid >= leastFee(batch, request) ? [] : ['TRANSACTION_FEE_TOO_LOW'])
  })

  it('is accepted with exactly the charged rate and refused one satoshi below', () => {
    const exact = funded(batch, request)
    expect(codes(exact, batch)).toEqual([])
    const surplus = sum(exact.prevOutputs) - sum(batch.transaction.outputs) - leastFee(batch, exact)
    const { transaction } = batch
    const outputs = transaction.outputs.map((o, i) => (i === 0 ? { ...o, value: satoshi(o.value + surplus + 1n) } : o))
    expect(codes(exact, { ...batch, transaction: { ...transaction, outputs } })).toEqual(['TRANSACTION_FEE_TOO_LOW'])
  })
})

/** What we say to each request that the reference signs, refuses or crashes on. */
const ERRORS: Readonly<
  Record<string, { readonly mutate: (r: SignRequest) => SignRequest; readonly code: MismatchCode }>
> = {
  'no server nonces': { mutate: (r) => ({ ...r, serverNonces: new Map() }), code: 'SERVER_NONCE_MISSING' },
  'server nonces of another account': {
    mutate: (r) => ({
      ...r,
      serverNonces: new Map([[foreignAccount, [...r.serverNonces.values()][0] ?? new Uint8Array()]]),
    }),
    code: 'SERVER_NONCE_MISSING',
  },
  'server nonces all zero (1.0.0-rc2): read as infinity and accepted by the reference; ours should refuse': {
    mutate: (r) => withNonce(r, new Uint8Array(66)),
    code: 'SERVER_NONCE_INVALID',
  },
  'server nonces all zero (0.4.0): read as infinity and accepted by the reference; ours should refuse': {
    mutate: (r) => withNonce(r, new Uint8Array(66)),
    code: 'SERVER_NONCE_INVALID',
  },
  'server nonces random bytes (1.0.0-rc2)': {
    mutate: (r) => withNonce(r, new Uint8Array(66).fill(0xe6)),
    code: 'SERVER_NONCE_INVALID',
  },
  'server nonces random bytes (0.4.0)': {
    mutate: (r) => withNonce(r, new Uint8Array(66).fill(0x50)),
    code: 'SERVER_NONCE_INVALID',
  },
  'previous outputs one short': {
    mutate: (r) => ({ ...r, prevOutputs: r.prevOutputs.slice(0, -1) }),
    code: 'PREV_OUTPUTS_INCOMPLETE',
  },
  'previous outputs missing, version 0: not needed': {
    mutate: (r) => ({ ...r, prevOutputs: [] }),
    code: 'PREV_OUTPUTS_INCOMPLETE',
  },
}

const foreignAccount = accountKey('0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798')
const withNonce = (request: SignRequest, nonce: Uint8Array): SignRequest => ({
  ...request,
  serverNonces: new Map([...request.serverNonces.keys()].map((key) => [key, nonce])),
})

describe.each(signErrorCases())('$name, $base', (c) => {
  it('is refused', () => {
    const { batch, request } = scenario(c.base)
    if (c.name.startsWith('account input missing')) {
      expect(withoutOwnInput(c.base)).toEqual(['ACCOUNT_INPUT_MISSING'])
      return
    }
    const error = ERRORS[c.name]
    if (error === undefined) throw new Error(`no expectation for ${c.name}`)
    expect(codes(error.mutate(request), batch)[0]).toBe(error.code)
  })
})

/** A transaction without our input never gets as far as signing: the proposal is refused. */
function withoutOwnInput(base: string): readonly MismatchCode[] {
  const c = validCase(base)
  const proposal = proposalFromJson(c.prepare_json)
  const own = c.accounts.map(({ outpoint }) => outpoint.txid)
  const inputs = proposal.transaction.inputs.filter(({ prevout }) => !own.includes(prevout.txid))
  const verdict = validateBatch({ ...proposal, transaction: { ...proposal.transaction, inputs } }, ownRecords(c))
  return verdict.verdict === 'accepted' ? [] : verdict.mismatches.map(({ code }) => code)
}

describe('a request to sign', () => {
  it('must be for the accepted batch', () => {
    const { batch, request } = scenario('bid-v2')
    expect(codes({ ...request, batchId: foreignAccount as string as BatchId }, batch)).toEqual(['SIGN_OTHER_BATCH'])
  })

  it('must give our own outputs as they are', () => {
    for (const base of ['bid-v0', 'bid-v1', 'three-accounts']) {
      const { batch, request } = scenario(base)
      for (const { inputIndex } of batch.accounts) {
        const more = request.prevOutputs.map((o, i) => (i === inputIndex ? { ...o, value: satoshi(o.value + 1n) } : o))
        expect(codes({ ...request, prevOutputs: more }, batch)).toEqual(['PREV_OUTPUT_WRONG'])
        const other = request.prevOutputs.map((o, i) =>
          i === inputIndex ? { ...o, script: o.script.map((byte, at) => (at === 33 ? byte ^ 1 : byte)) } : o,
        )
        expect(codes({ ...request, prevOutputs: other }, batch)).toEqual(['PREV_OUTPUT_WRONG'])
      }
    }
  })

  it('must leave no way to change the transaction id', () => {
    const { batch, request } = scenario('bid-v0')
    const p2pkh = Uint8Array.from([0x76, 0xa9, 0x14, ...new Uint8Array(20), 0x88, 0xac])
    const prevOutputs = request.prevOutputs.map((o, i) => (i === 0 ? { ...o, script: p2pkh } : o))
    expect(codes({ ...request, prevOutputs }, batch)).toContain('INPUT_MALLEABLE')
    const inputs = batch.transaction.inputs.map((input, i) =>
      i === 0 ? { ...input, scriptSig: Uint8Array.of(0) } : input,
    )
    const nested = { ...batch, transaction: { ...batch.transaction, inputs } }
    expect(codes(request, nested)).toEqual(['INPUT_MALLEABLE'])
  })

  it('must bring no nonce for an account that needs none', () => {
    const { batch, request } = scenario('bid-v0')
    const nonce = [...scenario('bid-v2').request.serverNonces.values()][0] ?? new Uint8Array()
    const serverNonces = new Map(batch.accounts.map(({ before }) => [before.key, nonce]))
    expect(codes({ ...request, serverNonces }, batch)).toEqual(['SERVER_NONCE_UNEXPECTED'])
  })

  it('has nothing to sign in a clean-up message', () => {
    const { batch, request } = scenario('bid-v0')
    const empty = { ...batch, accounts: [], fills: [], channels: [] }
    const verdict = checkSignRequest(request, empty)
    expect(verdict).toMatchObject({ verdict: 'accepted', tasks: [] })
  })
})
