import type { ServerMessage } from '../core/messages.ts'

/** How a stream ends: never cleanly, or a stock trader would not come back. */
export type StreamEnd = 'badRequest' | 'unauthenticated' | 'replaced' | 'shutdown' | 'internal'

/** One trader's open stream as seen by the session that owns it. */
export interface TraderStream {
  /** Resolves once the message is handed to the transport. @throws when the stream is gone */
  send(message: ServerMessage): Promise<void>
  end(why: StreamEnd, details: string): void
}
