import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { HarnessError } from '../errors.ts'

export interface JsonRpcOptions {
  /** Default: this machine. */
  readonly host?: string
  readonly port: number
  readonly user: string
  readonly password: string
  /** Certificate to trust, read at each call because the daemon writes it when it starts; without it plain HTTP. */
  readonly certificate?: () => Buffer
}

interface Reply {
  readonly result: unknown
  readonly error: { readonly code: number; readonly message: string } | null
}

const TIMEOUT_MS = 60_000

/** Calls of btcd and bitcoind; the caller says what the answer looks like. @throws HarnessError CHAIN_RPC */
export class JsonRpc {
  readonly #options: JsonRpcOptions

  constructor(options: JsonRpcOptions) {
    this.#options = options
  }

  async call<T>(method: string, params: readonly unknown[] = []): Promise<T> {
    const body = JSON.stringify({ jsonrpc: '1.0', id: 1, method, params })
    const text = await this.#post(body)
    let reply: Reply
    try {
      reply = JSON.parse(text) as Reply
    } catch {
      throw rpcError(method, 0, text)
    }
    if (reply.error !== null) throw rpcError(method, reply.error.code, reply.error.message)
    return reply.result as T
  }

  #post(body: string): Promise<string> {
    const { host = '127.0.0.1', port, user, password, certificate } = this.#options
    const options = {
      host,
      port,
      method: 'POST',
      auth: `${user}:${password}`,
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
      timeout: TIMEOUT_MS,
      agent: false as const,
    }
    return new Promise((resolve, reject) => {
      const secure = certificate === undefined ? undefined : { ca: certificate(), servername: 'localhost' }
      const call = secure === undefined ? httpRequest(options) : httpsRequest({ ...options, ...secure })
      call.on('timeout', () => call.destroy(new Error('the chain daemon does not answer')))
      call.on('error', reject)
      call.on('response', (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => resolve(Buffer.concat(chunks).toString()))
      })
      call.end(body)
    })
  }
}

function rpcError(method: string, rpcCode: number, text: string): HarnessError {
  return new HarnessError({ code: 'CHAIN_RPC', method, rpcCode }, `${method}: ${text} (${rpcCode})`)
}
