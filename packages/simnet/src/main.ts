#!/usr/bin/env node
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { pino } from 'pino'
import { controlServer, type NodeFiles } from './control.ts'
import { startSimnet, type Simnet } from './simnet.ts'
import { SimnetError } from './simnetError.ts'

const USAGE = `simnetd --nodes NAME[,NAME...] --dir DIR [--control PORT] [--feerate SAT_PER_KW] [--confirmations N]`

interface Settings {
  readonly nodes: readonly string[]
  readonly dir: string
  readonly controlPort: number
  readonly feeRate: bigint
  readonly confirmations: number
}

function parseSettings(argv: readonly string[]): Settings {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      nodes: { type: 'string' },
      dir: { type: 'string' },
      control: { type: 'string', default: '0' },
      feerate: { type: 'string', default: '2500' },
      confirmations: { type: 'string', default: '3' },
    },
  })
  const nodes = (values.nodes ?? '').split(',').filter((name) => name !== '')
  const badName = nodes.find((name) => !/^[a-zA-Z0-9_-]+$/.test(name))
  if (nodes.length === 0 || values.dir === undefined || badName !== undefined) {
    throw new SimnetError({ code: 'BAD_USAGE', reason: badName ?? 'nodes and dir are needed' }, USAGE)
  }
  for (const number of [values.control, values.feerate, values.confirmations]) {
    if (!/^\d+$/.test(number)) throw new SimnetError({ code: 'BAD_USAGE', reason: `not a number: ${number}` }, USAGE)
  }
  return {
    nodes,
    dir: values.dir,
    controlPort: Number(values.control),
    feeRate: BigInt(values.feerate),
    confirmations: Number(values.confirmations),
  }
}

const filesIn =
  (dir: string) =>
  (name: string): NodeFiles => ({
    tlsCertPath: join(dir, name, 'tls.cert'),
    macaroonPath: join(dir, name, 'admin.macaroon'),
  })

/** Credentials first, `simnet.json` last: who sees it may connect. */
function writeFiles(simnet: Simnet, dir: string, controlAddress: string): void {
  const nodes: Record<string, unknown> = {}
  for (const name of simnet.names()) {
    const node = simnet.node(name)
    const files = filesIn(dir)(name)
    mkdirSync(join(dir, name), { recursive: true })
    writeFileSync(files.tlsCertPath, node.certificate.cert)
    writeFileSync(files.macaroonPath, node.adminMacaroon, { mode: 0o600 })
    nodes[name] = { address: node.address, ...files, pubkey: node.pubkey, uri: node.uri }
  }
  const description = { control: { address: controlAddress }, nodes }
  writeFileSync(join(dir, 'simnet.json'), `${JSON.stringify(description, undefined, 2)}\n`)
}

async function main(): Promise<void> {
  const logger = pino({ name: 'simnetd' })
  const settings = parseSettings(process.argv.slice(2))
  const onUnexpected = (error: unknown): void => logger.error({ err: error }, 'unexpected error')
  const { nodes, feeRate, confirmations } = settings
  const simnet = await startSimnet({ nodes, feeRate, confirmations, onUnexpected })
  const control = controlServer(simnet, filesIn(settings.dir), onUnexpected)
  const { port } = await control.listen(`127.0.0.1:${settings.controlPort}`)
  writeFiles(simnet, settings.dir, `127.0.0.1:${port}`)
  logger.info({ dir: settings.dir, control: port, height: simnet.chain.height }, 'simnet ready')
  const stop = async (): Promise<void> => {
    await control.stop(200)
    await simnet.stop()
    process.exit(0)
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop())
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
})
