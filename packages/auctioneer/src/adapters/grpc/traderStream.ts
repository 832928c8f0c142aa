import { ClmError } from '@tidepool/crypto'
import { STATUS, clientMessageFromWire, encodeSignRequest, serverMessageToWire } from '@tidepool/rpc'
import type { CallContext, ServerBidi, Status, poolrpc } from '@tidepool/rpc'
import type { Auctioneer } from '../../app/auctioneer.ts'
import type { Logger } from '../../ports/system.ts'
import type { StreamEnd } from '../../ports/traderStream.ts'

/** Never OK or CANCELLED: a stock trader would not come back. */
const STATUS_OF_END: Readonly<Record<StreamEnd, Status>> = {
  badRequest: STATUS.INVALID_ARGUMENT,
  unauthenticated: STATUS.UNAUTHENTICATED,
  replaced: STATUS.ABORTED,
  shutdown: STATUS.UNAVAILABLE,
  internal: STATUS.INTERNAL,
}

type Bidi = ServerBidi<poolrpc.ClientAuctionMessage, poolrpc.ServerAuctionMessageInit>

/** One trader's stream from first message to end. */
export async function serveTraderStream(
  auctioneer: Auctioneer,
  stream: Bidi,
  context: CallContext,
  logger: Logger,
): Promise<void> {
  const session = auctioneer.openSession(
    {
      send: (message) => {
        if (context.signal.aborted) return Promise.reject(new Error('the stream is gone'))
        return stream.send(
          message.kind === 'signBegin' ? encodeSignRequest(message.request) : serverMessageToWire(message),
        )
      },
      end: (why, details) => stream.fail(STATUS_OF_END[why], details),
    },
    context.peer,
  )
  const gone = (): void => session.closed()
  context.signal.addEventListener('abort', gone)
  logger.info('trader stream opened', { stream: session.id, peer: context.peer })
  try {
    for await (const message of stream) await session.receive(clientMessageFromWire(message))
  } catch (error) {
    logger.warn('trader stream ended for cause', {
      stream: session.id,
      code: error instanceof ClmError ? error.code : 'unknown',
    })
    throw error
  } finally {
    context.signal.removeEventListener('abort', gone)
    session.closed()
    logger.info('trader stream closed', { stream: session.id })
  }
}
