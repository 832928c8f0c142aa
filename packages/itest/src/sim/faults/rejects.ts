import type { OrderNonce } from '@tidepool/crypto'
import type { BatchReject, PartialReject } from '@tidepool/market'
import type { Letter } from '../ports/stream.ts'
import type { Deed } from './fault.ts'

type Code = BatchReject['code']

/** Every way to say no, in place of an Accept or a Sign. `met` names the orders a partial reject may refuse. */
export function rejects(met: () => readonly OrderNonce[]): readonly Deed[] {
  const partial = (code: PartialReject['code'], nonces: () => readonly OrderNonce[]): Deed =>
    reject(
      `partialReject ${code}`,
      'partialReject',
      () => new Map(nonces().map((nonce) => [nonce, { reason: code, code }])),
    )
  const full = (code: Code): Deed => reject(code, code, () => new Map())
  return [
    partial('duplicatePeer', met),
    partial('channelFundingFailed', met),
    { ...reject('partialReject of nothing', 'partialReject', () => new Map()) },
    full('unknown'),
    full('serverMisbehavior'),
    full('batchVersionMismatch'),
  ]
}

function reject(name: string, code: Code, rejectedOrders: () => BatchReject['rejectedOrders']): Deed {
  const change = (letter: Letter): Letter => {
    const { message } = letter
    const batchId =
      message.kind === 'accept' ? message.batchId : message.kind === 'sign' ? message.reply.batchId : undefined
    if (batchId === undefined) return letter
    const refusal = { batchId, code, reason: name, rejectedOrders: rejectedOrders() }
    return { way: 'up', message: { kind: 'reject', reject: refusal } }
  }
  return { kind: 'change', name: `becomes reject ${name}`, change }
}
