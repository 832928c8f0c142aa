import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { toHex } from '@tidepool/crypto'
import { runCommand, type CommandResult } from '../../harness/command.ts'
import { poolInProcess } from '../../harness/inProcessCli.ts'
import type { StackNode } from '../../harness/stack.ts'
import type { TraderDaemon } from '../../harness/traderDaemon.ts'
import type { OpenAccount } from '../../scenarios/words/accounts.ts'
import { programs } from '../../harness/paths.ts'
import type { CommandRow } from './row.ts'

const OUR_POOL = [process.execPath, programs.pool, '--json']

export interface RestAnswer {
  readonly status: number
  readonly json: unknown
}

/** A daemon beside its node, and what the table has made of it so far. */
export class World {
  readonly daemon: TraderDaemon
  readonly #cli: readonly string[]
  readonly #known = new Map<string, string>()

  constructor(daemon: TraderDaemon, cli: readonly string[], node: StackNode) {
    this.daemon = daemon
    this.#cli = cli
    this.set('node', node.nodeKey)
    this.set('unknown', '11'.repeat(32))
  }

  set(name: string, value: string): void {
    this.#known.set(name, value)
  }

  /** @throws Error when the table uses what no row has saved */
  get(name: string): string {
    const value = this.#known.get(name)
    if (value === undefined) throw new Error(`${this.daemon.name} knows no ${name}`)
    return value
  }

  /** Values that are this world's own, longest first, with their names. */
  names(): readonly (readonly [string, string])[] {
    const own = [...this.#known].filter(([, value]) => value.length >= 20)
    // REST has bytes in base64.
    const forms = own.flatMap(([name, value]) => [value, inBase64(value, 'plain')].map((form) => [form, name] as const))
    return forms.toSorted(([a], [b]) => b.length - a.length)
  }

  get accounts(): readonly OpenAccount[] {
    const known = ['account', 'second', 'third'].filter((name) => this.#known.has(name))
    return known.map((name) => ({ trader: this.daemon, key: this.get(name), version: 2 }))
  }

  fill(text: string): string {
    return text.replace(/\{(\w+)\}/g, (_, name: string) => this.get(name))
  }

  /** The same words given to our command line in this process; nothing is typed. */
  async again({ words, globals = 'usual' }: CommandRow): Promise<CommandResult> {
    return poolInProcess(['--json', ...this.#globals(globals), ...words.map((word) => this.fill(word))])
  }

  async run(row: CommandRow): Promise<CommandResult> {
    const { words, input, globals = 'usual', save = {}, tool = 'stock' } = row
    const [command = '', ...entry] = tool === 'stock' ? this.#cli : OUR_POOL
    const args = [...entry, ...this.#globals(globals), ...words.map((word) => this.fill(word))]
    const result = await runCommand(command, args, 60_000, input)
    for (const [name, path] of Object.entries(save)) {
      const found = (JSON.parse(jsonPart(result.stdout)) as Readonly<Record<string, unknown>>)[path]
      if (typeof found !== 'string') throw new Error(`${words.join(' ')}: no ${path} in ${result.stdout}`)
      this.set(name, found)
    }
    return result
  }

  #globals(kind: NonNullable<CommandRow['globals']>): readonly string[] {
    const { address, baseDir } = this.daemon
    const files = join(baseDir, 'regtest')
    switch (kind) {
      case 'usual':
        return [`--rpcserver=${address}`, '--network=regtest', `--basedir=${baseDir}`]
      case 'short':
        return ['-rpcserver', address, '-n', 'regtest', '-basedir', baseDir]
      case 'paths':
        return [
          `--rpcserver=${address}`,
          `--tlscertpath=${join(files, 'tls.cert')}`,
          `--macaroonpath=${join(files, 'pool.macaroon')}`,
        ]
      case 'none':
        return []
      default:
        return kind satisfies never
    }
  }

  /** One call to the REST port, bytes of its path in the URL alphabet of base64. */
  rest(verb: string, path: string, body?: unknown, macaroon = true): Promise<RestAnswer> {
    const dir = join(this.daemon.baseDir, 'regtest')
    const [host = '', port] = this.daemon.restAddress.split(':')
    const headers = macaroon
      ? { 'Grpc-Metadata-macaroon': toHex(readFileSync(join(dir, 'pool.macaroon'))) }
      : ({} as Record<string, string>)
    const options = {
      host,
      port,
      method: verb,
      path: this.#inUrl(path),
      headers,
      ca: readFileSync(join(dir, 'tls.cert')),
    }
    return new Promise((resolve, reject) => {
      const call = request({ ...options, agent: false }, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString()
          resolve({ status: response.statusCode ?? 0, json: text === '' ? undefined : (JSON.parse(text) as unknown) })
        })
      })
      call.on('error', reject)
      call.end(body === undefined ? undefined : this.#inBody(body))
    })
  }

  #inUrl(path: string): string {
    return path.replace(/\{(\w+)\}/g, (_, name: string) => inBase64(this.get(name), 'url'))
  }

  #inBody(body: unknown): string {
    if (typeof body === 'string') return body
    return JSON.stringify(body).replace(/\{(\w+)\}/g, (_, name: string) => inBase64(this.get(name), 'plain'))
  }
}

/** Hex is bytes, padded as the stock daemon wants them; anything else is text. */
function inBase64(text: string, alphabet: 'plain' | 'url'): string {
  if (!/^([0-9a-f]{2})+$/.test(text)) return text
  const plain = Buffer.from(text, 'hex').toString('base64')
  return alphabet === 'plain' ? plain : plain.replaceAll('+', '-').replaceAll('/', '_')
}

/** Prompts come before the answer on the same output. */
export function jsonPart(text: string): string {
  const start = text.search(/^[[{]|(?<=: )\{$/m)
  return start < 0 ? text : text.slice(start)
}
