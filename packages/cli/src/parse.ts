import { fromHex, isPoint } from '@tidepool/crypto'
import { badArgument } from './errors.ts'

/** A whole number from 0 on. @throws CliError BAD_ARGUMENT */
export function parseUint(name: string, text: string): bigint {
  if (!/^[0-9]{1,19}$/.test(text)) throw badArgument(name, `${name}: expected a whole number, got '${text}'`)
  return BigInt(text)
}

/** @throws CliError BAD_ARGUMENT above 2^32-1 */
export function parseUint32(name: string, text: string): number {
  const value = parseUint(name, text)
  if (value > 0xffff_ffffn) throw badArgument(name, `${name}: ${text} is too large`)
  return Number(value)
}

/** @throws CliError BAD_ARGUMENT unless `length` bytes of hex */
export function parseHex(name: string, text: string, length?: number): Uint8Array {
  try {
    return fromHex(text, length, name)
  } catch {
    const wanted = length === undefined ? 'hex' : `${length * 2} hex digits`
    throw badArgument(name, `${name}: expected ${wanted}, got '${text}'`)
  }
}

/** A 33-byte compressed key. @throws CliError BAD_ARGUMENT */
export function parsePubKey(name: string, text: string): Uint8Array {
  const bytes = parseHex(name, text, 33)
  if (!isPoint(bytes)) throw badArgument(name, `${name}: '${text}' is no public key`)
  return bytes
}

/** @throws CliError BAD_ARGUMENT */
export function parseNumber(name: string, text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value))
    throw badArgument(name, `${name}: expected a number, got '${text}'`)
  return value
}

/** sat/vByte to sat/kw, raised to the relay floor of 253. */
export function satPerKwFromVByte(satPerVByte: bigint): bigint {
  const rate = satPerVByte * 250n
  return rate < 253n ? 253n : rate
}

/** One of `names`. @throws CliError BAD_ARGUMENT */
export function parseChoice<T>(name: string, text: string, choices: Readonly<Record<string, T>>): T {
  const value = Object.hasOwn(choices, text) ? choices[text] : undefined
  if (value === undefined)
    throw badArgument(name, `${name}: expected one of ${Object.keys(choices).join(', ')}, got '${text}'`)
  return value
}

/** Collects a repeated flag. */
export const repeated = (value: string, previous: readonly string[] = []): string[] => [...previous, value]

/** The next positional argument for each value that no flag gave (order and sidecar commands of the stock tool). */
export class Positions {
  readonly #rest: string[]

  constructor(args: readonly string[]) {
    this.#rest = [...args]
  }

  /** The flag's value, else the next position. @throws CliError BAD_ARGUMENT when there is neither */
  take(name: string, flag: string | undefined): string {
    const value = flag ?? this.#rest.shift()
    if (value === undefined) throw badArgument(name, `${name} is missing: give it as --${name} or as an argument`)
    return value
  }

  get unused(): readonly string[] {
    return this.#rest
  }
}

/**
 * Command lines as the stock tool takes them: one dash or two before a long flag, `--flag=true` for booleans.
 * A boolean set to false is dropped, since each defaults to false; `public` alone takes a value.
 */
export function normalizeArgv(argv: readonly string[], booleans: ReadonlySet<string>): string[] {
  const out: string[] = []
  for (const word of argv) {
    const match = /^--?([a-zA-Z_][\w.-]+)(?:=(.*))?$/s.exec(word)
    const name = match?.[1]
    if (name === undefined) {
      out.push(word)
    } else if (booleans.has(name)) {
      if (match?.[2] !== 'false') out.push(`--${name}`)
    } else if (name === 'public' && match?.[2] === undefined) {
      out.push('--public=true')
    } else {
      out.push(match?.[2] === undefined ? `--${name}` : `--${name}=${match[2]}`)
    }
  }
  return out
}
