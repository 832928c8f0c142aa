import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { toHex } from '@tidepool/crypto'
import type { LargeBatch } from './batch.ts'
import { prepareBytes, type Timing } from './ours.ts'

const BUILD = resolve(fileURLToPath(import.meta.url), '../../../../regtest/daemons/build.mjs')

/** Path of the small program that calls the stock verifier; built when it is not in the cache. */
export async function referenceProgram(): Promise<string> {
  const { programs } = JSON.parse(await output(process.execPath, [BUILD, 'verifier'])) as {
    readonly programs: Readonly<Record<string, string>>
  }
  const program = programs['verifier']
  if (program === undefined) throw new Error('the stock verifier was not built')
  return program
}

/** The same message and the same records through the stock verifier. */
export async function measureReference(program: string, large: LargeBatch, leastMs: number, dir: string) {
  const file = join(dir, `case-${large.batch.channels.length}.json`)
  writeFileSync(file, JSON.stringify({ ...caseOf(large), least_ms: leastMs }))
  return JSON.parse(await output(program, [file])) as Timing & { readonly channels: number }
}

const caseOf = (large: LargeBatch) => ({
  message: toHex(prepareBytes(large)),
  batch_version: large.batch.proposals.get(large.stream)?.batchVersion,
  best_height: large.context.height,
  node_key: large.asks[0]?.order.nodeKey,
  accounts: large.accounts.map(({ account }) => ({
    trader_key: account.key,
    auctioneer_key: account.auctioneerKey,
    batch_key: account.batchKey,
    secret: toHex(account.secret),
    value: Number(account.value),
    expiry: account.expiry,
    version: account.version,
  })),
  asks: large.asks.map(({ order, unitsUnfulfilled }) => ({
    nonce: order.nonce,
    version: order.version,
    rate: order.rate,
    amount: Number(order.amount),
    units: unitsUnfulfilled,
    min_units: order.minUnitsMatch,
    duration: order.leaseDuration,
    max_batch_fee_rate: Number(order.maxBatchFeeRate),
    account_key: order.accountKey,
    funding_key: order.multiSigKey,
  })),
})

function output(command: string, args: readonly string[]): Promise<string> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const chunks: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  return new Promise((done, failed) => {
    child.on('error', failed)
    child.on('close', (code) => {
      if (code === 0) done(Buffer.concat(chunks).toString())
      else failed(new Error(`${command} ended with ${code}`))
    })
  })
}
