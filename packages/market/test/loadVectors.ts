import { readFileSync } from 'node:fs'

/** A file of test/vectors/pool. Integers from 2^53 on are decimal strings: read them with `BigInt`. */
export interface VectorFile<T> {
  readonly cases: readonly T[]
}

/** Parsed JSON of a file in test/vectors. */
export function loadVectors<T>(path: string): VectorFile<T> {
  return JSON.parse(readFileSync(new URL(`vectors/${path}`, import.meta.url), 'utf8')) as VectorFile<T>
}

/** Cases of one kind in a file of test/vectors/pool. */
export function loadCases<T>(name: string, kind: string): readonly T[] {
  return loadVectors<T & { readonly kind: string }>(`pool/${name}.json`).cases.filter((entry) => entry.kind === kind)
}
