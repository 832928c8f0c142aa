import { randomBytes } from 'node:crypto'
import { expect } from 'vitest'
import { RpcError, STATUS, type ServerStream, type Status } from '@tidepool/rpc'
import { until } from '../harness/until.ts'

/** lnd refuses with this very text, by default under status UNKNOWN as nearly always. */
export async function refused(call: Promise<unknown>, text: string | RegExp, status: Status = STATUS.UNKNOWN) {
  const error = await call.then(
    () => undefined,
    (failure: unknown) => failure,
  )
  expect(error, `expected a refusal: ${String(text)}`).toBeInstanceOf(RpcError)
  if (!(error instanceof RpcError)) return
  if (typeof text === 'string') expect(error.detail.details).toBe(text)
  else expect(error.detail.details).toMatch(text)
  expect(error.status).toBe(status)
}

export const random32 = (): Uint8Array => Uint8Array.from(randomBytes(32))

/** A stream read in the background. */
export interface Recording<T> {
  readonly events: readonly T[]
  /** First event that fits, waiting for it. */
  next(what: string, fits: (event: T) => boolean, timeoutMs?: number): Promise<T>
  /** What ended the stream; `undefined` while it runs, null after a good end. */
  ended(): unknown
  cancel(): void
}

export function record<T>(stream: ServerStream<T>): Recording<T> {
  const events: T[] = []
  let end: unknown
  const read = async (): Promise<void> => {
    for await (const event of stream) events.push(event)
  }
  read().then(
    () => {
      end = null
    },
    (error: unknown) => {
      end = error
    },
  )
  return {
    events,
    next: (what, fits, timeoutMs = 20_000) =>
      until(what, () => events.find((event) => fits(event)), { timeoutMs, pauseMs: 20 }),
    ended: () => end,
    cancel: () => stream.cancel(),
  }
}

/** The text a stream ends with. */
export async function streamRefused(stream: ServerStream<unknown>, text: string | RegExp): Promise<void> {
  await refused(stream[Symbol.asyncIterator]().next(), text)
}

/** Long enough for anything that is going to happen; for asserting that it does not. */
export const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 400))
