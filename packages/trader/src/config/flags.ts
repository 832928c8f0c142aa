import { TraderError } from '../core/errors.ts'

/** How a flag takes its value. */
export type FlagKind = 'text' | 'boolean' | 'list'

export type RawOptions = Readonly<Record<string, string | boolean | readonly string[]>>

function wrong(reason: string): TraderError {
  return new TraderError({ code: 'CONFIG_INVALID', reason }, reason)
}

/** Long options only: `--name=value`, `--name value`, booleans without a value. @throws TraderError CONFIG_INVALID */
export function parseFlags(args: readonly string[], kinds: ReadonlyMap<string, FlagKind>): RawOptions {
  const out = new Collector(kinds)
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? ''
    if (arg === '-h') {
      out.add('help', 'true', 'flag')
      continue
    }
    if (!arg.startsWith('--')) throw wrong(`unexpected argument ${arg}: options look like --name=value`)
    const cut = arg.indexOf('=')
    const name = arg.slice(2, cut < 0 ? undefined : cut)
    if (cut >= 0) out.add(name, arg.slice(cut + 1), 'flag')
    else if (kinds.get(name) === 'boolean') out.add(name, 'true', 'flag')
    else if (i + 1 < args.length) out.add(name, args[++i] ?? '', 'flag')
    else throw wrong(`--${name} needs a value`)
  }
  return out.options()
}

/** Values may stand in double quotes, as the stock daemon's Go library writes them. */
const unquoted = (value: string): string => /^"(.*)"$/.exec(value)?.[1]?.replace(/\\(["\\])/g, '$1') ?? value

/**
 * `name=value` lines, names in any case; sections and comments are passed over, since every option has its full name.
 * @throws TraderError CONFIG_INVALID
 */
export function parseIni(text: string, kinds: ReadonlyMap<string, FlagKind>): RawOptions {
  const out = new Collector(kinds)
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim()
    if (line === '' || line.startsWith(';') || line.startsWith('#') || /^\[.*\]$/.test(line)) continue
    const cut = line.indexOf('=')
    if (cut <= 0) throw wrong(`configuration file, line ${index + 1}: expected name=value`)
    const name = line.slice(0, cut).trim().toLowerCase()
    out.add(name, unquoted(line.slice(cut + 1).trim()), `configuration file, line ${index + 1}`)
  }
  return out.options()
}

/** `POOLD_LND_HOST` stands for `--lnd.host`: dots and dashes become underscores. */
export function parseEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  kinds: ReadonlyMap<string, FlagKind>,
): RawOptions {
  const out = new Collector(kinds)
  for (const name of kinds.keys()) {
    const value = environment[`POOLD_${name.replace(/[.-]/g, '_').toUpperCase()}`]
    if (value !== undefined) out.add(name, value, 'environment')
  }
  return out.options()
}

class Collector {
  readonly #kinds: ReadonlyMap<string, FlagKind>
  readonly #options: Record<string, string | boolean | string[]> = {}

  constructor(kinds: ReadonlyMap<string, FlagKind>) {
    this.#kinds = kinds
  }

  add(name: string, value: string, where: string): void {
    const kind = this.#kinds.get(name)
    if (kind === undefined) throw wrong(`${where}: unknown option ${name}`)
    if (kind === 'list' && value === '') return
    if (kind === 'list') this.#options[name] = [...((this.#options[name] as string[] | undefined) ?? []), value]
    else this.#options[name] = kind === 'boolean' ? truth(name, value) : value
  }

  options(): RawOptions {
    return this.#options
  }
}

function truth(name: string, value: string): boolean {
  if (value === 'true' || value === '1') return true
  if (value === 'false' || value === '0') return false
  throw wrong(`${name}: true or false, not ${value}`)
}
