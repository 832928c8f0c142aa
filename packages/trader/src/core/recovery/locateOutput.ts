import { incrementBatchKey, txidOf } from '@tidepool/crypto'
import type { BatchKey, OutPoint, Satoshi, Transaction } from '@tidepool/crypto'
import type { AccountVersion } from '@tidepool/market'
import { ALL_VERSIONS, CandidateScripts } from './candidateScripts.ts'
import type { SearchKey } from './candidateScripts.ts'
import { nextExpiries } from './likelyExpiries.ts'
import type { HeightRange } from './likelyExpiries.ts'
import { OutputIndex, candidatesOf, kindOfVersion } from './outputIndex.ts'

/** An account's output, found in a transaction. */
export interface LocatedOutput {
  readonly outpoint: OutPoint
  readonly value: Satoshi
  readonly version: AccountVersion
  readonly expiry: number
  readonly batchKey: BatchKey
}

export interface LocateRequest {
  readonly key: SearchKey
  readonly batchKey: BatchKey
  readonly versions: readonly AccountVersion[]
  readonly expiries: Iterable<number>
  /** Indices of outputs that are known to be something else. */
  readonly not?: ReadonlySet<number>
}

/** The first output that is the account's at this batch key. Pool poolscript/script.go */
export function locateOutput(tx: Transaction, request: LocateRequest): LocatedOutput | undefined {
  const txid = txidOf(tx)
  const candidates = candidatesOf(tx, txid, undefined)
  const index = new OutputIndex(candidates.filter(({ outpoint }) => request.not?.has(outpoint.index) !== true))
  const versions = request.versions.filter((version) => index.count(kindOfVersion(version)) > 0)
  if (versions.length === 0) return undefined
  const scripts = new CandidateScripts(request.key).at(request.batchKey)
  for (const expiry of request.expiries) {
    for (const version of versions) {
      const program = scripts.program(version, expiry)
      const found = program === undefined ? undefined : index.find(version, program)
      if (found === undefined) continue
      return { outpoint: found.outpoint, value: found.value, version, expiry, batchKey: request.batchKey }
    }
  }
  return undefined
}

/** What an account was before it was spent. */
export interface PreviousOutput extends SearchKey {
  readonly version: AccountVersion
  readonly expiry: number
  readonly batchKey: BatchKey
}

/**
 * The account's next output in a transaction that spent it: next batch key, the same version or a newer one, likely
 * expiries before all others in the range. Pool account/recovery.go
 */
export function locateNext(
  account: PreviousOutput,
  tx: Transaction,
  height: number,
  range: HeightRange,
  not: ReadonlySet<number> = new Set(),
): LocatedOutput | undefined {
  return locateOutput(tx, {
    not,
    key: account,
    batchKey: incrementBatchKey(account.batchKey),
    versions: ALL_VERSIONS.filter((version) => version >= account.version),
    expiries: nextExpiries(account.expiry, height, range),
  })
}
