import { accountKey, blockHeight, pointFromSecret, pubKey, satoshi, sha256, txid } from '@tidepool/crypto'
import { measuredCosts } from './app/recovery/searchCosts.ts'
import { AccountSearch } from './core/recovery/accountSearch.ts'
import type { CandidateOutput } from './core/recovery/outputIndex.ts'
import { millisecondsFor, planStages } from './core/recovery/searchPlan.ts'
import type { SearchKey } from './core/recovery/candidateScripts.ts'

/**
 * What a recovery from the chain alone costs on this machine when nothing is ever found: `pnpm bench:recovery`. One
 * JSON object per line.
 */
const HEIGHT = 800_000
const SIZES = [
  { keys: 3, counters: 500, outputs: 1 },
  { keys: 60, counters: 500, outputs: 1 },
  { keys: 60, counters: 5000, outputs: 1 },
  { keys: 60, counters: 5000, outputs: 10 },
] as const

const bytesOf = (text: string): Uint8Array => sha256(new TextEncoder().encode(text))
const keyOf = (text: string) => pubKey(pointFromSecret(bytesOf(text)))

const key = (keyIndex: number): SearchKey => ({
  key: accountKey(keyOf(`trader ${keyIndex}`)),
  auctioneerKey: keyOf('auctioneer'),
  secret: bytesOf(`secret ${keyIndex}`),
  keyIndex,
})

function output(at: number, kind: 'p2wsh' | 'p2tr'): CandidateOutput {
  const script = Uint8Array.of(kind === 'p2wsh' ? 0x00 : 0x51, 32, ...bytesOf(`${kind} ${at}`))
  const tx = { version: 2, inputs: [], outputs: [{ value: satoshi(1_000_000), script }], lockTime: 0 }
  return {
    ...{ outpoint: { txid: txid('00'.repeat(32)), index: at }, value: satoshi(1_000_000), script, tx },
    height: blockHeight(HEIGHT + at * 100),
  }
}

const print = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`)

/** Processor time: on a busy machine the clock says little. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

const costs = measuredCosts(cpuMs)
print({ microseconds_per: costs })
for (const { keys, counters, outputs } of SIZES) {
  for (const kind of ['p2wsh', 'p2tr'] as const) {
    const candidates = Array.from({ length: outputs }, (_, i) => output(i, kind))
    for (const wide of [false, true]) {
      const stages = planStages({ outputs: candidates, labelled: new Map(), nextHeight: HEIGHT, wide })
      const space = { keys: Array.from({ length: keys }, (_, i) => key(i)), counters, outputs: candidates, stages }
      const left = new AccountSearch(space).remaining()
      const seconds = Math.ceil(millisecondsFor(left, costs) / 1000)
      print({ keys, batch_keys: counters, outputs, kind, wide, scripts: left.p2wsh + left.p2tr, seconds })
    }
  }
}
