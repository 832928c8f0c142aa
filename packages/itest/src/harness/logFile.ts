import { existsSync, readFileSync, statSync } from 'node:fs'

export const lengthOf = (file: string): number => (existsSync(file) ? statSync(file).size : 0)

/** Lines from a byte offset on; nothing when the file is not there. */
export function linesFrom(file: string, offset: number): readonly string[] {
  if (!existsSync(file)) return []
  return readFileSync(file)
    .subarray(offset)
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
}

export const tail = (file: string, lines: number): string => linesFrom(file, 0).slice(-lines).join('\n')
