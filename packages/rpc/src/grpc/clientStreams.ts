import type {
  ClientDuplexStream,
  ClientReadableStream,
  ClientWritableStream,
  Metadata,
  StatusObject,
} from '@grpc/grpc-js'
import { decodeUntyped } from '../codec/decode.ts'
import { encodeUntyped } from '../codec/encode.ts'
import type { MethodDef } from '../codec/wireTypes.ts'
import type { Channel } from './channel.ts'
import type { BidiStream, CallOptions, ClientStream, ServerStream } from './clientTypes.ts'
import { Inbox } from './inbox.ts'
import { rpcErrorFrom, streamEnded } from './rpcError.ts'
import { STATUS } from './statusCode.ts'

/** What opening a stream takes. */
interface Opening {
  readonly channel: Channel
  readonly path: string
  readonly method: MethodDef
  readonly options: CallOptions
  readonly metadata: Metadata
}

/** Messages read ahead of the reader before the server has to wait. */
const READ_AHEAD = 16

const identity = (bytes: Buffer): Buffer => bytes

function deadlineOf(options: CallOptions): { readonly deadline?: number } {
  const { deadlineMs } = options
  return deadlineMs === undefined || !Number.isFinite(deadlineMs) ? {} : { deadline: Date.now() + deadlineMs }
}

/** Cancels when the caller's signal says so, until the returned function is called. */
function onAbort(signal: AbortSignal | undefined, cancel: () => void): () => void {
  if (signal?.aborted === true) cancel()
  signal?.addEventListener('abort', cancel, { once: true })
  return () => signal?.removeEventListener('abort', cancel)
}

type ReadableCall = ClientReadableStream<Buffer> | ClientDuplexStream<Buffer, Buffer>

/**
 * grpc-js reports the status while messages may still wait to be read, and an error nobody listens for ends the
 * process: so everything is listened for at once, and the end is told after the last message.
 */
function readFrom(call: ReadableCall, { path, method, options }: Opening) {
  let status: StatusObject | undefined
  const inbox = new Inbox<unknown>(() => {
    if (call.isPaused() && inbox.size < READ_AHEAD) call.resume()
  })
  const cancel = (): void => {
    inbox.drop()
    call.cancel()
    call.resume()
  }
  const release = onAbort(options.signal, cancel)
  let readAll = false
  const finish = (): void => {
    if (status === undefined || !readAll) return
    release()
    inbox.finish(status.code === STATUS.OK ? undefined : rpcErrorFrom(status, path))
  }
  call.on('error', () => {})
  call.on('status', (received: StatusObject) => {
    status = received
    finish()
  })
  call.on('end', () => {
    readAll = true
    finish()
  })
  call.on('data', (bytes: Buffer) => {
    try {
      inbox.put(decodeUntyped(method.response, bytes))
    } catch (error) {
      inbox.finish(error)
      call.cancel()
    }
    if (inbox.size >= READ_AHEAD) call.pause()
  })
  const iterator: AsyncIterator<unknown, undefined> = {
    next: () => inbox.next(),
    return: () => {
      cancel()
      return Promise.resolve({ done: true, value: undefined })
    },
  }
  return { inbox, stream: { cancel, [Symbol.asyncIterator]: () => iterator } }
}

/** Waits until the call takes more, or is over. */
function write(call: ClientWritableStream<Buffer> | ClientDuplexStream<Buffer, Buffer>, bytes: Buffer): Promise<void> {
  if (call.write(bytes)) return Promise.resolve()
  return new Promise((resolve) => {
    const done = (): void => {
      call.off('drain', done)
      call.off('status', done)
      resolve()
    }
    call.on('drain', done)
    call.on('status', done)
  })
}

export function openServerStream(opening: Opening, request: unknown): ServerStream<unknown> {
  const { channel, path, method, options, metadata } = opening
  const body = encodeUntyped(method.request, request)
  const call = channel.grpc.makeServerStreamRequest(path, identity, identity, body, metadata, deadlineOf(options))
  return readFrom(call, opening).stream
}

export function openBidiStream(opening: Opening): BidiStream<unknown, unknown> {
  const { channel, path, method, options, metadata } = opening
  const call = channel.grpc.makeBidiStreamRequest(path, identity, identity, metadata, deadlineOf(options))
  const { inbox, stream } = readFrom(call, opening)
  return {
    ...stream,
    send: async (message) => {
      const bytes = encodeUntyped(method.request, message)
      if (inbox.ended || call.writableEnded) throw streamEnded(path)
      await write(call, bytes)
    },
    end: () => call.end(),
  }
}

export function openClientStream(opening: Opening): ClientStream<unknown, unknown> {
  const { channel, path, method, options, metadata } = opening
  const { promise: answer, resolve, reject } = withResolvers<unknown>()
  answer.catch(() => {})
  let over = false
  const call = channel.grpc.makeClientStreamRequest(
    path,
    identity,
    identity,
    metadata,
    deadlineOf(options),
    (error, bytes) => {
      over = true
      release()
      if (error !== null) return reject(rpcErrorFrom(error, path))
      try {
        resolve(decodeUntyped(method.response, bytes ?? Buffer.alloc(0)))
      } catch (cause) {
        reject(cause)
      }
    },
  )
  call.on('error', () => {})
  const cancel = (): void => call.cancel()
  const release = onAbort(options.signal, cancel)
  return {
    cancel,
    send: async (message) => {
      const bytes = encodeUntyped(method.request, message)
      if (over || call.writableEnded) throw streamEnded(path)
      await write(call, bytes)
    },
    finish: () => {
      if (!over) call.end()
      return answer
    },
  }
}

function withResolvers<T>() {
  let resolve!: (value: T) => void
  let reject!: (error: unknown) => void
  const promise = new Promise<T>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve, reject }
}
