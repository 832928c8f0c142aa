import type { ServerDuplexStream, ServerReadableStream, ServerWritableStream } from '@grpc/grpc-js'
import { decodeUntyped } from '../codec/decode.ts'
import { Inbox } from './inbox.ts'

export type AnyWriter = ServerWritableStream<Buffer, Buffer> | ServerDuplexStream<Buffer, Buffer>
type AnyReader = ServerReadableStream<Buffer, Buffer> | ServerDuplexStream<Buffer, Buffer>

/** Messages read ahead of the handler before the client has to wait. */
const READ_AHEAD = 16

/** The client's messages; ends quietly when the client ends or the call is over. */
export function decodedMessages(call: AnyReader, message: string, signal: AbortSignal) {
  const inbox = new Inbox<unknown>(() => {
    if (call.isPaused() && inbox.size < READ_AHEAD) call.resume()
  })
  call.on('data', (bytes: Buffer) => {
    try {
      inbox.put(decodeUntyped(message, bytes))
    } catch (error) {
      inbox.finish(error)
    }
    if (inbox.size >= READ_AHEAD) call.pause()
  })
  call.on('end', () => inbox.finish())
  signal.addEventListener('abort', () => inbox.drop())
  return {
    next: () => inbox.next(),
    return: (): Promise<IteratorResult<unknown, undefined>> => {
      inbox.drop()
      return Promise.resolve({ done: true, value: undefined })
    },
  }
}

/** Waits until the call takes more; a call that is over takes everything and forgets it. */
export function writeMessage(call: AnyWriter, bytes: Buffer): Promise<void> {
  if (call.cancelled || call.writableEnded) return Promise.resolve()
  if (call.write(bytes)) return Promise.resolve()
  return new Promise((resolve) => {
    const done = (): void => {
      for (const event of ['drain', 'cancelled', 'close', 'finish'] as const) call.off(event, done)
      resolve()
    }
    for (const event of ['drain', 'cancelled', 'close', 'finish'] as const) call.on(event, done)
  })
}
