import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { repositoryRoot } from '../../harness/paths.ts'
import type { Difference } from './compare.ts'

/** One row of the report. */
export interface Finding {
  readonly what: string
  readonly stock: string
  readonly ours: string
  readonly differences: readonly Difference[]
  /** Differences nobody has listed. */
  readonly unlisted: readonly Difference[]
}

export interface Count {
  readonly name: string
  readonly all: ReadonlySet<string>
  readonly done: ReadonlySet<string>
}

/** Below the top of the repository, not under version control. */
export const REPORT_DIR = join(repositoryRoot, '.reports')

const verdict = ({ differences, unlisted }: Finding): string =>
  differences.length === 0 ? 'same' : unlisted.length === 0 ? 'listed difference' : 'DIFFERENT'

const cell = (text: string): string => text.replaceAll('|', '\\|').replace(/\s+/g, ' ').slice(0, 160)

export function countLine({ name, all, done }: Count): string {
  const missing = [...all].filter((one) => !done.has(one))
  const rest = missing.length === 0 ? '' : `; not: ${missing.join(', ')}`
  return `${name}: ${all.size - missing.length} of ${all.size}${rest}`
}

/** Writes the report and gives its summary. */
export function writeReport(findings: readonly Finding[], counts: readonly Count[]): string {
  const rows = findings.map((finding) => {
    const paths = [...new Set(finding.differences.map(({ path }) => path || '(all)'))].join(', ')
    const cells = [finding.what, finding.stock, finding.ours, verdict(finding), paths]
    return `| ${cells.map(cell).join(' | ')} |`
  })
  const of = (text: string): number => findings.filter((finding) => verdict(finding) === text).length
  const same = `${findings.length} rows: ${of('same')} same, ${of('listed difference')} with listed differences`
  const summary = [...counts.map(countLine), same].join('\n')
  const head = ['| command | stock | ours | verdict | where |', '| --- | --- | --- | --- | --- |']
  mkdirSync(REPORT_DIR, { recursive: true })
  const text = ['# The stock daemon and ours', summary, [...head, ...rows].join('\n')].join('\n\n')
  writeFileSync(join(REPORT_DIR, 'stock-commands.md'), `${text}\n`)
  writeFileSync(join(REPORT_DIR, 'stock-commands.json'), JSON.stringify(findings, null, 2))
  return summary
}
