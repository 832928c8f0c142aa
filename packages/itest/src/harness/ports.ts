import { createServer } from 'node:net'

/** Below the range from which systems take ports for outgoing connections, which would take ours in between. */
const FIRST = 20_000
const COUNT = 12_000

/** Processes that look for ports at the same time begin apart. */
let next = (process.pid * 1009) % COUNT

/** A loopback port nobody listens on, and that this process was not given before. */
export async function freePort(): Promise<number> {
  for (let tried = 0; tried < COUNT; tried++) {
    const port = FIRST + next
    next = (next + 1) % COUNT
    if (await isFree(port)) return port
  }
  throw new Error(`no free port from ${FIRST} to ${FIRST + COUNT - 1}`)
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.on('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
