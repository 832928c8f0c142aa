export interface CallOptions {
  readonly signal?: AbortSignal | undefined
  /** Default 30 s for unary calls and none for streams; `Infinity` for none. */
  readonly deadlineMs?: number | undefined
  /** Metadata of this call alone. */
  readonly metadata?: Readonly<Record<string, string>> | undefined
}

/**
 * Messages of a server, for one reader. A failed call throws RpcError where it broke; a call the server ended well,
 * and one cancelled from this side, ends the loop.
 */
export interface ServerStream<Response> extends AsyncIterable<Response, undefined> {
  cancel(): void
}

export interface BidiStream<RequestInit, Response> extends ServerStream<Response> {
  /** Resolves when the message is on its way. @throws RpcError when the stream has ended */
  send(message: RequestInit): Promise<void>
  /** No more messages from this side. */
  end(): void
}

export interface ClientStream<RequestInit, Response> {
  /** Resolves when the message is on its way. @throws RpcError when the stream has ended */
  send(message: RequestInit): Promise<void>
  /** No more messages; the server's answer. */
  finish(): Promise<Response>
  cancel(): void
}
