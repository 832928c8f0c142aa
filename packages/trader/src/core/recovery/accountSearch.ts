import { INITIAL_BATCH_KEY, formatOutPoint, incrementBatchKey } from '@tidepool/crypto'
import type { BatchKey } from '@tidepool/crypto'
import type { AccountVersion } from '@tidepool/market'
import { CandidateScripts } from './candidateScripts.ts'
import type { BatchScripts, SearchKey } from './candidateScripts.ts'
import { OutputIndex, kindOfVersion } from './outputIndex.ts'
import type { CandidateOutput } from './outputIndex.ts'
import { unitLoad } from './searchPlan.ts'
import type { SearchSpace, SearchStage, Workload } from './searchPlan.ts'

/** Where a search stands: the next key and batch key of a stage. */
export interface SearchCursor {
  readonly stage: number
  readonly key: number
  readonly counter: number
}

export const SEARCH_START: SearchCursor = { stage: 0, key: 0, counter: 0 }

/** An account's first output. */
export interface FoundAccount {
  readonly key: SearchKey
  readonly version: AccountVersion
  readonly expiry: number
  readonly batchKey: BatchKey
  readonly output: CandidateOutput
}

/** Enough of a find to have it again from the same space. */
export interface StoredFind {
  readonly keyIndex: number
  readonly version: AccountVersion
  readonly expiry: number
  readonly batchKey: BatchKey
  readonly outpoint: string
}

/**
 * Looks for accounts among outputs, a bounded piece of work at a time; anything found leaves the search, which ends as
 * soon as no output or key is left. A key has at most one account. Pool account/recovery.go
 */
export class AccountSearch {
  readonly #space: SearchSpace
  readonly #index: OutputIndex
  readonly #found: FoundAccount[] = []
  readonly #done = new Set<number>()
  readonly #batchKeys: BatchKey[] = [INITIAL_BATCH_KEY]
  #cursor: SearchCursor
  #scripts: { readonly key: SearchKey; readonly of: CandidateScripts } | undefined
  /** Where in the present unit to go on: candidates already tried. */
  #within = 0

  constructor(space: SearchSpace, cursor: SearchCursor = SEARCH_START, found: readonly StoredFind[] = []) {
    this.#space = space
    this.#index = new OutputIndex(space.outputs)
    this.#cursor = cursor
    for (const find of found) this.#restore(find)
  }

  get cursor(): SearchCursor {
    return this.#cursor
  }

  get found(): readonly FoundAccount[] {
    return this.#found
  }

  get ended(): boolean {
    const nothingLeft = this.#index.count('p2wsh') + this.#index.count('p2tr') === 0
    return nothingLeft || this.#done.size === this.#space.keys.length || this.#stage === undefined
  }

  /** The stage under way. */
  get stageName(): string | undefined {
    return this.#stage?.name
  }

  /** Tries so many scripts, fewer at the end. */
  advance(candidates: number): void {
    for (let left = candidates; left > 0 && !this.ended;) left -= Math.max(1, this.#unit(left))
  }

  /** What is left to do should nothing more be found. */
  remaining(): Workload {
    const sum = { batchKeys: 0, p2wsh: 0, p2tr: 0 }
    const { counters, keys, stages } = this.#space
    for (const [at, stage] of stages.entries()) {
      if (at < this.#cursor.stage) continue
      const here = at === this.#cursor.stage
      for (const [k, { key, keyIndex }] of keys.entries()) {
        if ((here && k < this.#cursor.key) || this.#done.has(keyIndex)) continue
        const units = here && k === this.#cursor.key ? counters - this.#cursor.counter : counters
        const load = unitLoad(this.#worthwhile(stage), key)
        sum.batchKeys += units * load.batchKeys
        sum.p2wsh += units * load.p2wsh
        sum.p2tr += units * load.p2tr
      }
    }
    return sum
  }

  stored(): readonly StoredFind[] {
    return this.#found.map(({ key, version, expiry, batchKey, output }) => ({
      ...{ keyIndex: key.keyIndex, version, expiry, batchKey, outpoint: formatOutPoint(output.outpoint) },
    }))
  }

  get #stage(): SearchStage | undefined {
    return this.#space.stages[this.#cursor.stage]
  }

  /** Without versions of which no output is left. */
  #worthwhile(stage: SearchStage): SearchStage {
    return { ...stage, versions: stage.versions.filter((version) => this.#index.count(kindOfVersion(version)) > 0) }
  }

  /** Works on the unit at the cursor; the number of scripts tried. */
  #unit(budget: number): number {
    const stage = this.#stage
    const key = this.#space.keys[this.#cursor.key]
    if (stage === undefined) return 0
    if (key === undefined || this.#done.has(key.keyIndex)) return this.#nextKey()
    const load = unitLoad(this.#worthwhile(stage), key.key)
    if (load.batchKeys === 0) return this.#nextKey()
    const scripts = this.#scriptsOf(key).at(this.#batchKey(this.#cursor.counter))
    const { tried, finished } = this.#tryAll(stage, key, scripts, budget)
    if (finished) this.#nextCounter()
    return tried
  }

  #tryAll(
    stage: SearchStage,
    key: SearchKey,
    scripts: BatchScripts,
    budget: number,
  ): { readonly tried: number; readonly finished: boolean } {
    let position = 0
    let tried = 0
    for (const version of stage.versions) {
      const expiries = stage.expiries(key.key, kindOfVersion(version))
      const skip = Math.min(expiries.length, Math.max(0, this.#within - position))
      position += skip
      if (this.#index.count(kindOfVersion(version)) === 0) {
        position += expiries.length - skip
        continue
      }
      for (const expiry of expiries.slice(skip)) {
        if (tried >= budget) {
          this.#within = position
          return { tried, finished: false }
        }
        position++
        tried++
        const program = scripts.program(version, expiry)
        const output = program === undefined ? undefined : this.#index.find(version, program)
        if (output === undefined) continue
        this.#take({ key, version, expiry, output, batchKey: this.#batchKey(this.#cursor.counter) })
        return { tried, finished: true }
      }
    }
    return { tried, finished: true }
  }

  #take(found: FoundAccount): void {
    this.#found.push(found)
    this.#done.add(found.key.keyIndex)
    this.#explain(found.output)
  }

  /** Changes by the owner are in the wallet too; what spends an account is part of its story, not another one. */
  #explain(output: CandidateOutput): void {
    this.#index.remove(output)
    const { txid, index } = output.outpoint
    for (const next of this.#space.outputs) {
      const spends = next.tx.inputs.some(({ prevout }) => prevout.txid === txid && prevout.index === index)
      if (spends) this.#explain(next)
    }
  }

  #restore(find: StoredFind): void {
    const key = this.#space.keys.find(({ keyIndex }) => keyIndex === find.keyIndex)
    const output = this.#space.outputs.find(({ outpoint }) => formatOutPoint(outpoint) === find.outpoint)
    if (key !== undefined && output !== undefined) this.#take({ ...find, key, output })
  }

  #nextCounter(): void {
    this.#within = 0
    const counter = this.#cursor.counter + 1
    if (counter >= this.#space.counters) this.#nextKey()
    else this.#cursor = { ...this.#cursor, counter }
  }

  #nextKey(): number {
    this.#within = 0
    const { stage, key } = this.#cursor
    const last = key + 1 >= this.#space.keys.length
    this.#cursor = last ? { stage: stage + 1, key: 0, counter: 0 } : { stage, key: key + 1, counter: 0 }
    return 0
  }

  #scriptsOf(key: SearchKey): CandidateScripts {
    if (this.#scripts?.key !== key) this.#scripts = { key, of: new CandidateScripts(key) }
    return this.#scripts.of
  }

  #batchKey(counter: number): BatchKey {
    for (let at = this.#batchKeys.length; at <= counter; at++) {
      this.#batchKeys.push(incrementBatchKey(this.#batchKeys.at(-1) ?? INITIAL_BATCH_KEY))
    }
    return this.#batchKeys[counter] ?? INITIAL_BATCH_KEY
  }
}
