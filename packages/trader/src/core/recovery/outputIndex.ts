import { equalBytes } from '@tidepool/crypto'
import type { OutPoint, Satoshi, Transaction, Txid } from '@tidepool/crypto'
import type { AccountVersion } from '@tidepool/market'

/** An output that may be an account. */
export interface CandidateOutput {
  readonly outpoint: OutPoint
  readonly value: Satoshi
  readonly script: Uint8Array
  readonly tx: Transaction
  /** Of the block, undefined while unconfirmed. */
  readonly height: number | undefined
}

export type OutputKind = 'p2wsh' | 'p2tr'

export const kindOfVersion = (version: AccountVersion): OutputKind => (version === 0 ? 'p2wsh' : 'p2tr')

/** Which kind of account a script could be, if any. */
export function outputKind(script: Uint8Array): OutputKind | undefined {
  if (script.length !== 34 || script[1] !== 32) return undefined
  return script[0] === 0x00 ? 'p2wsh' : script[0] === 0x51 ? 'p2tr' : undefined
}

/** Candidate outputs of a transaction. */
export function candidatesOf(tx: Transaction, txid: Txid, height: number | undefined): readonly CandidateOutput[] {
  return tx.outputs.flatMap(({ value, script }, index) =>
    outputKind(script) === undefined ? [] : [{ outpoint: { txid, index }, value, script, tx, height }],
  )
}

/** Finds outputs by their program without making text of it. Of equal outputs the first one counts. */
export class OutputIndex {
  readonly #byPrefix = new Map<number, CandidateOutput[]>()
  readonly #counts = { p2wsh: 0, p2tr: 0 }

  constructor(outputs: readonly CandidateOutput[]) {
    for (const output of outputs) this.#add(output)
  }

  count(kind: OutputKind): number {
    return this.#counts[kind]
  }

  find(version: AccountVersion, program: Uint8Array): CandidateOutput | undefined {
    const kind = kindOfVersion(version)
    return this.#byPrefix
      .get(prefixOf(program))
      ?.find(({ script }) => outputKind(script) === kind && equalBytes(script.subarray(2), program))
  }

  /** One account has one output, but a program may be paid twice. */
  remove(output: CandidateOutput): void {
    const prefix = prefixOf(output.script.subarray(2))
    const same = this.#byPrefix.get(prefix) ?? []
    const rest = same.filter(({ script }) => !equalBytes(script, output.script))
    const kind = outputKind(output.script)
    if (kind !== undefined) this.#counts[kind] -= same.length - rest.length
    if (rest.length === 0) this.#byPrefix.delete(prefix)
    else this.#byPrefix.set(prefix, rest)
  }

  #add(output: CandidateOutput): void {
    const kind = outputKind(output.script)
    if (kind === undefined) return
    const prefix = prefixOf(output.script.subarray(2))
    this.#byPrefix.set(prefix, [...(this.#byPrefix.get(prefix) ?? []), output])
    this.#counts[kind]++
  }
}

const prefixOf = (program: Uint8Array): number =>
  ((program[0] ?? 0) << 24) | ((program[1] ?? 0) << 16) | ((program[2] ?? 0) << 8) | (program[3] ?? 0)
