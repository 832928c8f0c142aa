import { fromHex, toHex } from '@tidepool/crypto'
import type { lnrpc } from '@tidepool/rpc'

export const REJECTED = 'channel rejected'

/** The joint answer of all acceptors. */
export type AcceptorVerdict =
  | { readonly accept: true; readonly zeroConf: boolean; readonly minDepth: number }
  | { readonly accept: false; readonly text: string }

interface Acceptor {
  readonly ask: (question: lnrpc.ChannelAcceptRequestInit) => void
  readonly waiting: Map<string, (answer: lnrpc.ChannelAcceptResponse | undefined) => void>
}

/** Connected channel acceptors of a node. lnd chanacceptor/ */
export class Acceptors {
  private readonly timeoutMs: number
  private readonly connected = new Set<Acceptor>()

  constructor(timeoutMs: number) {
    this.timeoutMs = timeoutMs
  }

  get count(): number {
    return this.connected.size
  }

  /** An acceptor's stream; `remove` when it ends: what it still owes counts as refused. */
  add(ask: (question: lnrpc.ChannelAcceptRequestInit) => void): {
    answer: (message: lnrpc.ChannelAcceptResponse) => void
    remove: () => void
  } {
    const acceptor: Acceptor = { ask, waiting: new Map() }
    this.connected.add(acceptor)
    return {
      answer: (message) => acceptor.waiting.get(toHex(message.pendingChanId))?.(message),
      remove: () => {
        this.connected.delete(acceptor)
        for (const settle of acceptor.waiting.values()) settle(undefined)
      },
    }
  }

  /** Asks all; each must accept in time and none may contradict another. */
  async ask(pendingId: string, question: lnrpc.ChannelAcceptRequestInit): Promise<AcceptorVerdict> {
    const answers = await Promise.all([...this.connected].map((acceptor) => this.askOne(acceptor, pendingId, question)))
    const verdicts = answers.map(verdictOf)
    const refusal = verdicts.find((verdict) => !verdict.accept)
    if (refusal !== undefined) return refusal
    const accepted = verdicts.filter((verdict) => verdict.accept)
    const depths = new Set(accepted.map((verdict) => verdict.minDepth).filter((depth) => depth > 0))
    const zeroConf = accepted.some((verdict) => verdict.zeroConf)
    if (depths.size > 1 || (zeroConf && depths.size > 0)) return { accept: false, text: REJECTED }
    return { accept: true, zeroConf, minDepth: [...depths][0] ?? 0 }
  }

  private askOne(
    acceptor: Acceptor,
    pendingId: string,
    question: lnrpc.ChannelAcceptRequestInit,
  ): Promise<lnrpc.ChannelAcceptResponse | undefined> {
    return new Promise((resolve) => {
      const settle = (answer: lnrpc.ChannelAcceptResponse | undefined): void => {
        clearTimeout(timer)
        acceptor.waiting.delete(pendingId)
        resolve(answer)
      }
      const timer = setTimeout(() => settle(undefined), this.timeoutMs)
      acceptor.waiting.set(pendingId, settle)
      acceptor.ask({ ...question, pendingChanId: fromHex(pendingId) })
    })
  }
}

function verdictOf(answer: lnrpc.ChannelAcceptResponse | undefined): AcceptorVerdict {
  if (answer === undefined) return { accept: false, text: REJECTED }
  if (!answer.accept) return { accept: false, text: answer.error === '' ? REJECTED : answer.error }
  if (answer.error !== '' || (answer.zeroConf && answer.minAcceptDepth > 0)) return { accept: false, text: REJECTED }
  return { accept: true, zeroConf: answer.zeroConf, minDepth: answer.minAcceptDepth }
}
