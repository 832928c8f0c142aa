import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { tail } from './logFile.ts'

/** The last lines of every log in a folder, each under its name. */
export function logTails(logDir: string, lines = 25): string {
  if (!existsSync(logDir)) return ''
  return readdirSync(logDir)
    .toSorted()
    .map((name) => `--- ${name}\n${tail(join(logDir, name), lines)}`)
    .join('\n')
}
