import { usageText, wrapWords } from '@tidepool/rpc'
import type { OptionGroup, OptionText } from '@tidepool/rpc'
import { SUBSYSTEMS } from './levels.ts'
import { GROUPS, OPTION_HELP } from './help.ts'
import type { OptionHelp } from './help.ts'
import { optionSchema } from './schema.ts'
import type { Options } from './schema.ts'
import type { RawOptions } from './flags.ts'

type Name = keyof Options

const DURATIONS: ReadonlySet<string> = new Set<Name>(['minbackoff', 'maxbackoff'])

/** Default as it would be written; empty where it depends on other options. */
export function defaultText(name: Name): string {
  const value: Options[Name] = optionSchema.parse({})[name]
  if (typeof value === 'number' && DURATIONS.has(name)) return duration(value)
  return Array.isArray(value) || value === undefined ? '' : String(value)
}

function duration(ms: number): string {
  return ms % 60_000 === 0 ? `${ms / 60_000}m` : `${ms / 1000}s`
}

/** Every option that is shown, in the order of the help. */
export function optionGroups(): readonly OptionGroup[] {
  return GROUPS.map((group) => ({ title: group, options: inGroup(group).map(textOf) }))
}

function inGroup(group: OptionHelp['group']): [Name, OptionHelp][] {
  return Object.entries(OPTION_HELP).flatMap(([name, help]) =>
    help?.group === group ? [[name as Name, help] satisfies [Name, OptionHelp]] : [],
  )
}

function textOf([name, { text, value, unset }]: [Name, OptionHelp]): OptionText {
  return value === undefined ? { name, text } : { name, text, value, standing: defaultText(name) || unset || 'none' }
}

const HELP_HEAD = `Usage: poold [OPTIONS]

The trader daemon. Options are read from the command line, from the environment (POOLD_LND_HOST stands for
--lnd.host) and from BASEDIR/NETWORK/poold.conf (lnd.host=…), in this order.`

/** `poold --help`. */
export const helpText = (): string => usageText(HELP_HEAD, optionGroups())

/** `poold --debuglevel=show`. */
export function subsystemText(): string {
  const lines = Object.entries(SUBSYSTEMS).map(([name, text]) => `  ${name}  ${text}`)
  return ['Supported subsystems:', ...lines].join('\n')
}

const NOT_IN_FILE: ReadonlySet<string> = new Set<Name>(['help', 'version', 'print-config', 'network', 'basedir'])

/** A configuration file: every option in words, its default in a comment, and those given as lines that count. */
export function sampleFile(given: RawOptions): string {
  const groups = GROUPS.map((group) => {
    const options = inGroup(group).filter(([name]) => !NOT_IN_FILE.has(name))
    return options.length === 0 ? '' : [`; --- ${group} ---`, ...options.map((one) => sample(one, given))].join('\n\n')
  })
  const head = [
    '; Configuration of poold, written by poold --print-config. Its place is BASEDIR/NETWORK/poold.conf; --network and',
    '; --basedir, which decide the place, belong on the command line. Take the semicolon away to change an option.',
    '',
    '[Application Options]',
  ].join('\n')
  return [head, ...groups.filter((group) => group !== '')].join('\n\n')
}

function sample([name, help]: [Name, OptionHelp], given: RawOptions): string {
  const words = wrapWords(help.text + (help.unset === undefined ? '' : ` (default: ${help.unset})`), 98)
  const values = given[name]
  const lines =
    values === undefined
      ? [`; ${name}=${defaultText(name)}`]
      : (typeof values === 'object' ? values : [values]).map((value) => `${name}=${String(value)}`)
  return [...words.map((line) => `; ${line}`), ...lines].join('\n')
}
