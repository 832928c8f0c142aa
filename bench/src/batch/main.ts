import { parseArgs } from 'node:util'
import { print } from '../figure.ts'
import { measureBatch, type BatchMeasured } from './run.ts'

const OPTIONS = { sizes: { type: 'string', default: '10,100,800' }, profile: { type: 'string' } } as const

/** `batch [--sizes N,…] [--profile DIR]`: a batch of so many accounts, a channel for every two, from auction to the last trader told. */
export async function benchBatch(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: OPTIONS })
  const measured = new Map<number, number>()
  for (const accounts of values.sizes.split(',').map(Number)) {
    const batch = await measureBatch(accounts, values.profile)
    tell(batch)
    measured.set(accounts, apartFromBytes(batch))
  }
  const [small, large] = [measured.get(100), measured.get(800)]
  if (small !== undefined && large !== undefined) {
    print({ name: 'batch.800.cpuPerAccount.apart', value: large / small, unit: 'ratio', ratioTo: 'batch.100' })
  }
}

/** Processor milliseconds of both daemons per account, without what each trader needs for the transaction's bytes. */
const apartFromBytes = ({ cpu, accounts, bytesMs }: BatchMeasured): number =>
  (cpu.auctioneer + cpu.traders) / accounts - bytesMs

function tell(batch: BatchMeasured): void {
  const name = `batch.${batch.accounts}`
  const { cpu, accounts } = batch
  print({ name: `${name}.channels`, value: batch.channels, unit: 'count' })
  print({ name: `${name}.attempts`, value: batch.attempts, unit: 'count' })
  print({ name: `${name}.weight`, value: batch.weight, unit: 'wu' })
  for (const [phase, took] of batch.phases) print({ name: `${name}.phase.${phase}`, value: took, unit: 'ms' })
  const phases = [...batch.phases]
  const total = phases.reduce((sum, [, took]) => sum + took, 0)
  const broadcast = phases.filter(([phase]) => !['matchAndBuild', 'finalize'].includes(phase))
  const toBroadcast = broadcast.reduce((sum, [, took]) => sum + took, 0)
  print({ name: `${name}.prepareToBroadcast`, value: toBroadcast, unit: 'ms' })
  print({ name: `${name}.total`, value: total, unit: 'ms' })
  for (const [part, took] of Object.entries(cpu)) {
    print({ name: `${name}.cpuPerAccount.${part}`, value: took / accounts, unit: 'ms' })
  }
  print({ name: `${name}.cpuPerAccount.bytes`, value: batch.bytesMs, unit: 'ms' })
  print({ name: `${name}.cpuPerAccount.apart`, value: apartFromBytes(batch), unit: 'ms' })
}
