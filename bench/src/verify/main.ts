import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { print } from '../figure.ts'
import { largeBatch } from './batch.ts'
import { measureFirstTimes, measureOurs } from './ours.ts'
import { measureReference, referenceProgram } from './reference.ts'

const OPTIONS = {
  accounts: { type: 'string', default: '800' },
  matches: { type: 'string', default: '1,10,100' },
  'least-ms': { type: 'string', default: '3000' },
  ours: { type: 'boolean', default: false },
} as const

/** Of the other side: its key in the channel's output, and its node's. */
const KEYS_PER_MATCH = 2
/** Keys and outputs measured. */
const FIRST_TIMES = 500

/** `verify [--accounts N] [--matches N,…] [--least-ms N] [--ours]`: a proposal read and verified, by us and by the stock client. */
export async function benchVerify(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: OPTIONS })
  const leastMs = Number(values['least-ms'])
  const program = values.ours ? undefined : await referenceProgram()
  const dir = mkdtempSync(join(tmpdir(), 'tidepool-verify-'))
  try {
    for (const matches of values.matches.split(',').map(Number)) {
      const name = `verify.${matches}`
      const large = largeBatch(Number(values.accounts), matches)
      print({ name: `${name}.weight`, value: large.batch.fees.weight, unit: 'wu' })
      const ours = measureOurs(large, leastMs)
      print({ name: `${name}.read`, value: ours.readUs, unit: 'us' })
      print({ name: `${name}.verify`, value: ours.verifyUs, unit: 'us' })
      const { keyUs, outputUs } = measureFirstTimes(large, FIRST_TIMES)
      const newKeysUs = KEYS_PER_MATCH * matches * keyUs
      const newOutputsUs = large.accounts.length * outputUs
      print({ name: `${name}.newKeys`, value: newKeysUs, unit: 'us' })
      print({ name: `${name}.newOutputs`, value: newOutputsUs, unit: 'us' })
      if (program === undefined) continue
      const stock = await measureReference(program, large, leastMs, dir)
      if (stock.channels !== matches) throw new Error(`the stock verifier saw ${stock.channels} matches`)
      print({ name: `${name}.stock.read`, value: stock.readUs, unit: 'us' })
      print({ name: `${name}.stock.verify`, value: stock.verifyUs, unit: 'us' })
      const of = (name: string, us: number, stockUs: number): void =>
        print({ name, value: us / stockUs, unit: 'ratio', ratioTo: 'stock' })
      of(`${name}.verifyRatio`, ours.verifyUs, stock.verifyUs)
      of(`${name}.unforeseenRatio`, ours.verifyUs + newOutputsUs, stock.verifyUs)
      const [both, stockBoth] = [ours.readUs + ours.verifyUs, stock.readUs + stock.verifyUs]
      of(`${name}.ratio`, both, stockBoth)
      of(`${name}.newKeysRatio`, both + newKeysUs, stockBoth)
    }
  } finally {
    rmSync(dir, { recursive: true })
  }
}
