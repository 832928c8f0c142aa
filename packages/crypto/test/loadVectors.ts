import { readFileSync } from 'node:fs'

/** Hex with bytes; the vectors of BIPs are upper case. */
export const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'))

/** The parsed JSON of a file in test/vectors. */
export function loadVectors<T>(path: string): T {
  return JSON.parse(readFileSync(new URL(`vectors/${path}`, import.meta.url), 'utf8')) as T
}

/** The cases of one kind in a file of test/vectors/pool. */
export function loadCases<T>(name: string, kind?: string): readonly T[] {
  const { cases } = loadVectors<{ cases: readonly (T & { kind?: string })[] }>(`pool/${name}.json`)
  return kind === undefined ? cases : cases.filter((entry) => entry.kind === kind)
}
