import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { Socket } from 'node:net'

const NAMES = { opened: 'net.client.socket', taken: 'net.server.socket' } as const

/**
 * From now on the kernel watches every TCP connection that this process opens, or takes: after `idleMs` without a word
 * it asks the other end's kernel each second, and ends the connection when ten questions are left unanswered. While
 * bytes wait to be acknowledged it asks nothing (Linux `tcp_keepalive_timer`); pings see to that. Gives what ends it.
 */
export function watchSockets(which: keyof typeof NAMES, idleMs: number): () => void {
  const watch = (message: unknown): void => {
    const { socket } = message as { readonly socket: unknown }
    if (socket instanceof Socket) socket.setKeepAlive(true, idleMs)
  }
  subscribe(NAMES[which], watch)
  return () => void unsubscribe(NAMES[which], watch)
}
