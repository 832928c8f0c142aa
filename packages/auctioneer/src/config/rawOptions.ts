import { ConfigError } from './configError.ts'

/** How an option takes its value. */
export type OptionKind = 'text' | 'boolean' | 'list'

export type RawOptions = Readonly<Record<string, string | boolean | readonly string[]>>
type Kinds = ReadonlyMap<string, OptionKind>

/** Long options only: `--name=value`, `--name value`, booleans without a value. @throws ConfigError */
export function optionsFromFlags(args: readonly string[], kinds: Kinds): RawOptions {
  const out = new Map<string, string | boolean | readonly string[]>()
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? ''
    if (!arg.startsWith('--')) throw wrong(arg, 'options look like --name=value')
    const cut = arg.indexOf('=')
    const name = arg.slice(2, cut < 0 ? undefined : cut)
    const kind = kindOf(name, kinds)
    const bare = cut < 0 && kind !== 'boolean'
    if (bare && args[i + 1] === undefined) throw wrong(name, 'needs a value')
    const value = bare ? (args[++i] ?? '') : cut < 0 ? 'true' : arg.slice(cut + 1)
    put(out, name, kind, value)
  }
  return Object.fromEntries(out)
}

/** `AUCTIONEERD_LND_HOST` stands for `--lnd.host`: dots and dashes become underscores; lists are split at commas. */
export function optionsFromEnvironment(environment: NodeJS.ProcessEnv, kinds: Kinds): RawOptions {
  const out = new Map<string, string | boolean | readonly string[]>()
  for (const [name, kind] of kinds) {
    const value = environment[`AUCTIONEERD_${name.replace(/[.-]/g, '_').toUpperCase()}`]
    if (value === undefined) continue
    for (const part of kind === 'list' ? value.split(',') : [value]) put(out, name, kind, part)
  }
  return Object.fromEntries(out)
}

/** A mapping of option names to values; nested mappings are joined by dots. @throws ConfigError */
export function optionsFromFile(document: unknown, kinds: Kinds): RawOptions {
  const out = new Map<string, string | boolean | readonly string[]>()
  for (const [name, value] of leaves(document, '')) {
    const kind = kindOf(name, kinds)
    for (const part of Array.isArray(value) ? (value as unknown[]) : [value]) put(out, name, kind, String(part))
  }
  return Object.fromEntries(out)
}

function* leaves(value: unknown, path: string): Generator<readonly [string, unknown]> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    if (path !== '') yield [path, value]
    return
  }
  for (const [key, inner] of Object.entries(value)) yield* leaves(inner, path === '' ? key : `${path}.${key}`)
}

function put(
  out: Map<string, string | boolean | readonly string[]>,
  name: string,
  kind: OptionKind,
  value: string,
): void {
  const before = out.get(name)
  if (kind === 'list') out.set(name, [...(Array.isArray(before) ? (before as readonly string[]) : []), value])
  else out.set(name, kind === 'boolean' ? truth(name, value) : value)
}

function kindOf(name: string, kinds: Kinds): OptionKind {
  const kind = kinds.get(name)
  if (kind === undefined) throw wrong(name, 'there is no such option: see --help')
  return kind
}

function truth(name: string, value: string): boolean {
  if (value === 'true' || value === '1') return true
  if (value === 'false' || value === '0') return false
  throw wrong(name, 'true or false')
}

const wrong = (option: string, reason: string): ConfigError =>
  new ConfigError({ code: 'CONFIG_INVALID', option, reason })
