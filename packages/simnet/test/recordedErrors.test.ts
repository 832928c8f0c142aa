import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createClient, fromJson, openChannel, RpcError, services, type Channel } from '@tidepool/rpc'
import { startSimnet, type Simnet } from '../src/index.ts'

const FOLDER = join(import.meta.dirname, 'vectors', 'lnd')

interface RecordedError {
  readonly what: string
  readonly method: string
  readonly request?: unknown
  readonly error: { readonly code: number; readonly details: string }
}

const SERVICES = {
  'walletrpc.WalletKit': services.walletrpc.WalletKit,
  'signrpc.Signer': services.signrpc.Signer,
  'lnrpc.Lightning': services.lnrpc.Lightning,
} as const

const NO_CHANNEL = 'unable to find closed channel summary'
const NO_COIN = 'transaction rejected: output already spent'
const NO_SESSION = /^error [a-z ]+: session with ID [0-9a-f]{64} not found$/

/**
 * Refusals that hang on keys, coins or calls of the recorded node, and what a node without that past answers; undefined
 * where it has no objection. The contract suite goes through those sequences.
 */
const WITHOUT_THE_PAST = new Map<string, string | RegExp | undefined>([
  ['abandon zero-conf, shim only', NO_CHANNEL],
  ['abandon confirmed, shim only', NO_CHANNEL],
  ['SignPsbt, taproot without the taproot derivation', undefined],
  ['SignPsbt, taproot without leaf script', undefined],
  ['sign before all nonces', NO_SESSION],
  ['register once more', NO_SESSION],
  ['sign twice', NO_SESSION],
  ['combine with a wrong partial signature', NO_SESSION],
  ['combine with the right one afterwards', NO_SESSION],
  ['lease by another id', 'unknown output'],
  ['release with a wrong id', undefined],
  ['SendOutputs, too much', 'insufficient funds available to construct transaction'],
  ['LabelTransaction, present', 'cannot label transaction not known to wallet'],
  ['publish: fee 0', NO_COIN],
  ['publish: fee 50 sat (below the relay minimum)', NO_COIN],
  ['publish: bad signature', NO_COIN],
  ['publish: conflict, same fee', NO_COIN],
  ['publish: the replaced one again', NO_COIN],
  ['SendOutputs, into the anchor reserve', undefined],
])

function recorded(): readonly (RecordedError & { readonly file: string })[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.json'))
    .flatMap((file) => {
      const { entries } = JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as { entries: Partial<RecordedError>[] }
      return entries.flatMap((entry) =>
        entry.method === undefined || entry.error === undefined ? [] : [{ ...(entry as RecordedError), file }],
      )
    })
}

/** Bytes fields are written `hex:…` in the recordings. */
function withBase64(value: unknown): unknown {
  if (typeof value === 'string' && value.startsWith('hex:')) {
    return Buffer.from(value.slice(4), 'hex').toString('base64')
  }
  if (Array.isArray(value)) return value.map(withBase64)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, each]) => each !== null)
      .map(([key, each]) => [key, withBase64(each)]),
  )
}

async function ask(channel: Channel, { method, request }: RecordedError): Promise<RecordedError['error'] | undefined> {
  const [, service = '', name = ''] = /^(.*)\.(\w+)$/.exec(method) ?? []
  const def = SERVICES[service as keyof typeof SERVICES]
  const [key, descriptor] = Object.entries(def.methods).find(([, each]) => each.name === name) ?? []
  if (key === undefined || descriptor === undefined) throw new Error(`no method ${method}`)
  const client = createClient(def as never, channel) as Record<string, (request: unknown) => Promise<unknown>>
  const message = fromJson(descriptor.request as never, withBase64(request ?? {}) as never)
  try {
    await client[key]?.(message)
    return undefined
  } catch (error) {
    if (!(error instanceof RpcError)) throw error
    return { code: error.status, details: error.detail.details }
  }
}

describe('recorded refusals of a real lnd', () => {
  let simnet: Simnet
  let channel: Channel
  beforeAll(async () => {
    simnet = await startSimnet({ nodes: ['recorded'] })
    simnet.fund('recorded', 310_000_000n, 3)
    const node = simnet.node('recorded')
    channel = openChannel({
      address: node.address,
      tls: { kind: 'ca', pem: node.certificate.cert },
      macaroonHex: Buffer.from(node.adminMacaroon).toString('hex'),
    })
  })
  afterAll(async () => {
    channel.close()
    await simnet.stop()
  })

  for (const entry of recorded()) {
    it(`${entry.file}: ${entry.what}`, async () => {
      const answer = await ask(channel, entry)
      if (!WITHOUT_THE_PAST.has(entry.what)) return expect(answer).toEqual(entry.error)
      const text = WITHOUT_THE_PAST.get(entry.what)
      if (text === undefined) return expect(answer).toBeUndefined()
      expect(answer?.details).toMatch(text)
    })
  }
})
