import { createServer } from 'node:net'
import type { Server } from 'node:net'

/** Below the range from which systems take ports for outgoing connections, which would take ours in between. */
const FIRST = 20_000
const BLOCK = 100
const BLOCKS = 120

/** Processes that look for ports at the same time begin apart. */
let block = (process.pid * 101) % BLOCKS
/** Taken from the block so far; a new block begins with the port that claims it. */
let taken = BLOCK
let last: Promise<unknown> = Promise.resolve()

/**
 * A loopback port nobody listens on, and that nobody else is given: a process claims a hundred ports by listening on the
 * first of them until it ends, for the daemon that is to have one may be started a minute later.
 */
export function freePort(): Promise<number> {
  const port = last.then(nextPort)
  last = port.catch(() => undefined)
  return port
}

async function nextPort(): Promise<number> {
  for (let tried = 0; tried < BLOCKS * BLOCK; tried++) {
    if (taken === BLOCK && !(await claimBlock())) break
    const port = FIRST + block * BLOCK + taken
    taken += 1
    if (await isFree(port)) return port
  }
  throw new Error(`no free port from ${FIRST} to ${FIRST + BLOCKS * BLOCK - 1}`)
}

async function claimBlock(): Promise<boolean> {
  for (let tried = 0; tried < BLOCKS; tried++) {
    block = (block + 1) % BLOCKS
    taken = 1
    const claim = await listening(FIRST + block * BLOCK)
    claim?.unref()
    if (claim !== undefined) return true
  }
  return false
}

async function isFree(port: number): Promise<boolean> {
  const server = await listening(port)
  if (server === undefined) return false
  return new Promise((resolve) => server.close(() => resolve(true)))
}

function listening(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.on('error', () => resolve(undefined))
    server.listen(port, '127.0.0.1', () => resolve(server))
  })
}
