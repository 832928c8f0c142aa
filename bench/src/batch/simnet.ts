import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { payFromFaucet, startSimnet, type Simnet } from '@tidepool/simnet'
import type { LndEndpoint } from '@tidepool/itest'
import { serveCalls } from '../process.ts'

/** Outputs of one payment: the faucet pays the same fee for any. */
const PAID_AT_ONCE = 50
const FEE_RATE = 1000n

let simnet: Simnet | undefined

function running(): Simnet {
  if (simnet === undefined) throw new Error('no simnet')
  return simnet
}

/** The embedded chain and a node for each name, with coins of their own. */
serveCalls({
  start: async ({
    names,
    dir,
    sat,
  }: {
    readonly names: readonly string[]
    readonly dir: string
    readonly sat: bigint
  }) => {
    simnet = await startSimnet({ nodes: names, feeRate: FEE_RATE, acceptorTimeoutMs: 60_000 })
    for (let from = 0; from < names.length; from += PAID_AT_ONCE) {
      const paid = names.slice(from, from + PAID_AT_ONCE)
      const outputs = paid.map((name) => ({
        script: running().node(name).state.wallet.book.next('p2wkh').script,
        value: sat,
      }))
      payFromFaucet(simnet.chain, outputs)
      simnet.mine(1)
    }
    return names.map((name) => endpointOf(running(), name, dir))
  },
  mine: (blocks: number) => running().mine(blocks).length,
  mempool: () =>
    running()
      .chain.mempool.list()
      .map(({ tx }) => ({ txid: tx.getId(), weight: tx.weight() })),
})

function endpointOf(from: Simnet, name: string, dir: string): LndEndpoint {
  const node = from.node(name)
  mkdirSync(join(dir, name), { recursive: true })
  const tlsCertPath = join(dir, name, 'tls.cert')
  const macaroonPath = join(dir, name, 'admin.macaroon')
  writeFileSync(tlsCertPath, node.certificate.cert)
  writeFileSync(macaroonPath, node.adminMacaroon, { mode: 0o600 })
  return { address: node.address, tlsCertPath, macaroonPath }
}
