import { usageText, wrapWords } from '@tidepool/rpc'
import type { OptionGroup, OptionText } from '@tidepool/rpc'
import { OPTION_KINDS, optionSchema } from './schema.ts'
import type { Options } from './schema.ts'
import type { RawOptions } from './rawOptions.ts'

/** The groups by what their options' names begin with; the first that fits. */
const GROUPS: readonly (readonly [title: string, names: RegExp])[] = [
  ['Connection to lnd', /^lnd\./],
  ['Own ports', /^(rpclisten|adminlisten|insecure|tls)/],
  ['Auctions', /^auction\./],
  ['Market', /^(market|order|channel)\./],
  ['Fees', /^fees\./],
  ['Accounts', /^account\./],
  ['Nodes', /^(node-ratings|rating)/],
  ['Crash tests', /^debug\./],
]
const GENERAL = 'General'

const titleOf = (name: string): string => GROUPS.find(([, names]) => names.test(name))?.[0] ?? GENERAL

/** Every option, in the order of the help. */
export function optionGroups(): readonly OptionGroup[] {
  const defaults = optionSchema.parse({})
  const all = Object.entries(optionSchema.shape).map(([name, type]): OptionText => {
    const text = type.description ?? ''
    if (OPTION_KINDS.get(name) === 'boolean') return { name, text }
    const value = standing(name, defaults[name as keyof Options])
    return { name, text, value: 'VALUE', ...(value !== '' && { standing: value }) }
  })
  const titles = [GENERAL, ...GROUPS.map(([title]) => title)]
  return titles.map((title) => ({ title, options: all.filter(({ name }) => titleOf(name) === title) }))
}

const DURATIONS: ReadonlySet<string> = new Set<keyof Options>([
  'auction.interval',
  'auction.step-timeout',
  'auction.silence-limit',
])

function standing(name: string, value: Options[keyof Options]): string {
  if (typeof value === 'number' && DURATIONS.has(name)) return duration(value)
  if (Array.isArray(value)) return value.length === 0 ? '' : `[${value.join(', ')}]`
  return value === undefined ? '' : String(value)
}

function duration(ms: number): string {
  if (ms > 0 && ms % 3_600_000 === 0) return `${ms / 3_600_000}h`
  return ms % 60_000 === 0 ? `${ms / 60_000}m` : `${ms / 1000}s`
}

const HELP_HEAD = `Usage: auctioneerd [OPTIONS]

The auctioneer of a market for Lightning channel leases. Options are read from the command line, from the
environment (AUCTIONEERD_LND_HOST stands for --lnd.host) and from BASEDIR/auctioneerd.yaml, in this order.`

/** `auctioneerd --help`. */
export const helpText = (): string => `${usageText(HELP_HEAD, optionGroups())}\n`

const NOT_IN_FILE: ReadonlySet<string> = new Set(['help', 'version', 'print-config', 'basedir', 'configfile'])

/** A configuration file: every option in words, its default in a comment, and those given as lines that count. */
export function sampleFile(given: RawOptions): string {
  const groups = optionGroups().flatMap(({ title, options }) => {
    const shown = options.filter(({ name }) => !NOT_IN_FILE.has(name) && !name.startsWith('debug.'))
    return shown.length === 0 ? [] : [[`# --- ${title} ---`, ...shown.map((one) => sample(one, given))].join('\n\n')]
  })
  const head = [
    '# Configuration of auctioneerd, written by auctioneerd --print-config. Its place is BASEDIR/auctioneerd.yaml;',
    '# --basedir, which decides the place, belongs on the command line. Take the # away to change an option.',
  ].join('\n')
  return `${[head, ...groups].join('\n\n')}\n`
}

function sample(option: OptionText, given: RawOptions): string {
  const own = given[option.name]
  const list = Array.isArray(own) ? `[${own.join(', ')}]` : own
  const standing = option.value === undefined ? 'false' : (option.standing ?? '')
  const line = list === undefined ? `# ${option.name}: ${standing}`.trimEnd() : `${option.name}: ${String(list)}`
  return [...wrapWords(option.text).map((words) => `# ${words}`), line].join('\n')
}
