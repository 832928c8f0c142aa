import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { Socket } from 'node:net'

const OPENED = 'net.client.socket'

/**
 * From now on the kernel watches every TCP connection that this process opens: after `idleMs` without a word it asks the
 * other end's kernel each second, and ends the connection when ten questions are left unanswered. While bytes wait to be
 * acknowledged it asks nothing (Linux `tcp_keepalive_timer`); pings see to that. Gives what ends it.
 */
export function watchOpenedSockets(idleMs: number): () => void {
  const watch = (message: unknown): void => {
    const { socket } = message as { readonly socket: unknown }
    if (socket instanceof Socket) socket.setKeepAlive(true, idleMs)
  }
  subscribe(OPENED, watch)
  return () => void unsubscribe(OPENED, watch)
}
