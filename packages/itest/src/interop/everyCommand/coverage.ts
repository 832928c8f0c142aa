import { runCommand } from '../../harness/command.ts'
import type { CommandRow } from './row.ts'

/** The stock command line's leaf commands with their flags, as its own help tells them. */
export type Commands = ReadonlyMap<string, ReadonlySet<string>>

/** Which call each command makes. */
export const RPC_OF: Readonly<Record<string, readonly string[]>> = {
  getinfo: ['GetInfo'],
  listauth: ['GetLsatTokens'],
  stop: ['StopDaemon'],
  'accounts new': ['InitAccount', 'QuoteAccount'],
  'accounts list': ['ListAccounts'],
  'accounts deposit': ['DepositAccount'],
  'accounts withdraw': ['WithdrawAccount'],
  'accounts renew': ['RenewAccount'],
  'accounts close': ['CloseAccount'],
  'accounts listfees': ['AccountModificationFees'],
  'accounts bumpfee': ['BumpAccountFee'],
  'accounts recover': ['RecoverAccounts'],
  'orders list': ['ListOrders'],
  'orders cancel': ['CancelOrder'],
  'orders submit ask': ['SubmitOrder', 'QuoteOrder'],
  'orders submit bid': ['SubmitOrder', 'QuoteOrder'],
  'auction fee': ['AuctionFee'],
  'auction snapshot': ['BatchSnapshots'],
  'auction leases': ['Leases'],
  'auction leasedurations': ['LeaseDurations'],
  'auction nextbatchinfo': ['NextBatchInfo'],
  'auction ratings': ['NodeRatings'],
  'sidecar offer': ['OfferSidecar'],
  'sidecar printticket': ['DecodeSidecarTicket'],
  'sidecar register': ['RegisterSidecar'],
  'sidecar expectchannel': ['ExpectSidecarChannel'],
  'sidecar list': ['ListSidecars'],
  'sidecar cancel': ['CancelSidecar'],
}

const GROUPS = new Set(['accounts', 'orders', 'submit', 'auction', 'sidecar'])
const ALIASES: Readonly<Record<string, string>> = { a: 'accounts', o: 'orders', l: 'list' }

/** Reads names and aliases of commands in a help text. */
function namesIn(help: string): readonly string[] {
  const part = /COMMANDS:\n([\s\S]*?)(?:\n\S|$)/.exec(help)?.[1] ?? ''
  const lines = part.split('\n').flatMap((line) => /^\s+([a-z]+)(?:, [a-z]+)*\s{2,}\S/.exec(line)?.[1] ?? [])
  return lines.filter((name) => name !== 'help')
}

const flagsIn = (help: string): ReadonlySet<string> =>
  new Set([...help.matchAll(/^ {3}--([\w-]+)/gm)].flatMap(([, name]) => name ?? []))

/** Walks the help of every command; the hidden `debug`, which opens a database file, is not in it. */
export async function stockCommands(pool: string, path: readonly string[] = []): Promise<Commands> {
  const { stdout } = await runCommand(pool, [...path, '--help'])
  const found = new Map<string, ReadonlySet<string>>()
  for (const name of namesIn(stdout)) {
    const words = [...path, name]
    const deeper = GROUPS.has(name) ? await stockCommands(pool, words) : new Map<string, ReadonlySet<string>>()
    if (deeper.size > 0) for (const [key, flags] of deeper) found.set(key, flags)
    else found.set(words.join(' '), flagsIn((await runCommand(pool, [...words, '--help'])).stdout))
  }
  return found
}

/** The command a row runs, and the flags it gives it. */
export function usedBy(
  { words }: CommandRow,
  commands: Commands,
): { readonly command: string; readonly flags: readonly string[] } {
  const plain = words.map((word) => ALIASES[word] ?? word)
  for (const length of [3, 2, 1]) {
    const command = plain.slice(0, length).join(' ')
    const known = commands.get(command)
    if (known === undefined) continue
    const given = words.slice(length).flatMap((word) => /^--?([\w-]+)/.exec(word)?.[1] ?? [])
    return { command, flags: given.filter((flag) => known.has(flag)) }
  }
  return { command: '', flags: [] }
}
