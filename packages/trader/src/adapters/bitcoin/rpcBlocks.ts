import { readFileSync } from 'node:fs'
import { request as plainRequest } from 'node:http'
import { request as tlsRequest } from 'node:https'
import { blockHeight, fromHex } from '@tidepool/crypto'
import type { BlockHeight } from '@tidepool/crypto'
import { TraderError, reasonOf } from '../../core/errors.ts'
import type { BlockSource } from '../../ports/history.ts'

export interface BitcoinRpc {
  /** `host:port` */
  readonly host: string
  readonly user: string
  readonly password: string
  /** btcd speaks TLS with a certificate of its own. */
  readonly tls: { readonly certPath: string } | undefined
}

const TIMEOUT_MS = 60_000

/** Blocks of a bitcoind or btcd, one JSON-RPC call by HTTP post each. */
export class RpcBlocks implements BlockSource {
  readonly #rpc: BitcoinRpc

  constructor(rpc: BitcoinRpc) {
    this.#rpc = rpc
  }

  async bestHeight(): Promise<BlockHeight> {
    return blockHeight(Number(await this.#call('getblockcount')))
  }

  async block(height: BlockHeight): Promise<Uint8Array> {
    const hash = await this.#call('getblockhash', height)
    return fromHex(String(await this.#call('getblock', hash, 0)))
  }

  /** @throws TraderError BLOCKS_UNREACHABLE */
  async #call(method: string, ...params: readonly unknown[]): Promise<unknown> {
    try {
      const text = await this.#post(JSON.stringify({ jsonrpc: '1.0', id: 'tidepool', method, params }))
      const { result, error } = JSON.parse(text) as { readonly result?: unknown; readonly error?: unknown }
      if (error !== null && error !== undefined) throw new Error(`${method}: ${JSON.stringify(error)}`)
      return result
    } catch (cause) {
      const reason = reasonOf(cause)
      throw new TraderError({ code: 'BLOCKS_UNREACHABLE', reason }, `no blocks from ${this.#rpc.host}: ${reason}`, {
        cause,
      })
    }
  }

  #post(body: string): Promise<string> {
    const { host, user, password, tls } = this.#rpc
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    const options = { method: 'POST', auth: `${user}:${password}`, headers, timeout: TIMEOUT_MS }
    return new Promise((resolve, reject) => {
      const url = `${tls === undefined ? 'http' : 'https'}://${host}/`
      const call =
        tls === undefined
          ? plainRequest(url, options)
          : tlsRequest(url, { ...options, ca: tls.certPath === '' ? undefined : readFileSync(tls.certPath) })
      call.on('error', reject)
      call.on('timeout', () => call.destroy(new Error('no answer in time')))
      call.on('response', (response) => {
        const parts: Buffer[] = []
        response.on('data', (part: Buffer) => parts.push(part))
        response.on('error', reject)
        response.on('end', () => {
          if (response.statusCode === 401) reject(new Error('user or password refused'))
          else resolve(Buffer.concat(parts).toString('utf8'))
        })
      })
      call.end(body)
    })
  }
}
