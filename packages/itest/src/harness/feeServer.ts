import { createServer } from 'node:http'

/** Pins lnd's fee estimates (`fee.url`), which regtest would otherwise make up from the test's own transactions. */
export interface FeeServer {
  readonly url: string
  /** One rate for all targets. */
  set(satPerKVByte: number): void
  close(): Promise<void>
}

/** 10 sat/vB, that is 2,500 sat/kw. */
export const PINNED_SAT_PER_KVBYTE = 10_000

export async function startFeeServer(port = 0): Promise<FeeServer> {
  let rate = PINNED_SAT_PER_KVBYTE
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ fee_by_block_target: { 1: rate, 6: rate, 1008: rate }, min_relay_feerate: 1000 }))
  })
  await new Promise<void>((resolve, reject) => {
    server.on('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  const address = server.address()
  const bound = typeof address === 'object' && address !== null ? address.port : port
  return {
    url: `http://127.0.0.1:${bound}/fees.json`,
    set: (satPerKVByte) => {
      rate = satPerKVByte
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
