import { parseArgs } from 'node:util'
import { print } from '../figure.ts'
import { tellProcessor } from '../machine.ts'
import { lasted, proposedToPublished } from './phases.ts'
import { measureBatch, type BatchMeasured, type ProcessorMs } from './run.ts'

const OPTIONS = {
  sizes: { type: 'string', default: '10,100,800' },
  /** That share the traders. */
  processes: { type: 'string', default: '2' },
  profile: { type: 'string' },
} as const

/** `batch [--sizes N,…] [--processes N] [--profile DIR]`: a batch of so many accounts, a channel for every two, from auction to the last trader told. */
export async function benchBatch(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: OPTIONS })
  const measured = new Map<number, number>()
  for (const accounts of values.sizes.split(',').map(Number)) {
    tellProcessor()
    const batch = await measureBatch(accounts, { profileDir: values.profile, processes: Number(values.processes) })
    tellProcessor()
    tell(batch)
    measured.set(accounts, apartFromBytes(batch))
  }
  const [small, large] = [measured.get(100), measured.get(800)]
  if (small !== undefined && large !== undefined) {
    print({ name: 'batch.800.cpuPerAccount.apart', value: large / small, unit: 'ratio', ratioTo: 'batch.100' })
  }
}

/** Processor milliseconds of both daemons per account to the broadcast, without what a trader needs for the transaction's bytes. */
const apartFromBytes = ({ cpuToBroadcast, accounts, bytesMs }: BatchMeasured): number =>
  (cpuToBroadcast.auctioneer + cpuToBroadcast.traders) / accounts - bytesMs

function tell(batch: BatchMeasured): void {
  const name = `batch.${batch.accounts}`
  const { accounts, phases } = batch
  print({ name: `${name}.channels`, value: batch.channels, unit: 'count' })
  print({ name: `${name}.attempts`, value: batch.attempts, unit: 'count' })
  print({ name: `${name}.weight`, value: batch.weight, unit: 'wu' })
  for (const [phase, span] of phases) {
    const cpu = batch.cpu.get(phase)
    print({ name: `${name}.phase.${phase}`, value: lasted(span), unit: 'ms', ...(cpu && { cpu: rounded(cpu) }) })
  }
  print({ name: `${name}.prepareToBroadcast`, value: lasted(proposedToPublished(phases)), unit: 'ms' })
  for (const [part, took] of Object.entries(batch.cpuToBroadcast)) {
    print({ name: `${name}.cpuPerAccount.${part}`, value: Number(took) / accounts, unit: 'ms' })
  }
  print({ name: `${name}.cpuPerAccount.bytes`, value: batch.bytesMs, unit: 'ms' })
  print({ name: `${name}.cpuPerAccount.apart`, value: apartFromBytes(batch), unit: 'ms' })
}

const rounded = ({ auctioneer, traders, simnet }: ProcessorMs): { readonly [process: string]: number } => ({
  auctioneer: Math.round(auctioneer),
  traders: Math.round(traders),
  simnet: Math.round(simnet),
})
