import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { wireState } from '@tidepool/auctioneer'
import type { AccountState } from '@tidepool/auctioneer'
import { ADVICE, operationsIn } from '@tidepool/trader'
import type { AccountKind } from '@tidepool/trader'
import { describe, expect, it } from 'vitest'

const states = join(resolve(dirname(fileURLToPath(import.meta.url)), '../../../..'), 'docs/states')

interface Transition {
  readonly from: string
  readonly event: string
  readonly to: string
}

/** The transitions of a page that a state machine's own test wrote. */
function transitionsOf(page: string): readonly Transition[] {
  const rows = readFileSync(join(states, page), 'utf8').matchAll(/^\| (\w+) \| (\w+) \| (\w+) \| [^|]+ \|$/gm)
  return [...rows].map(([, from = '', event = '', to = '']) => ({ from: plain(from), event, to }))
}

/** One state of two kinds, told apart in the machine's page. */
const plain = (state: string): string => (state === 'changeSignedExpired' ? 'changeSigned' : state)

const entered = (all: readonly Transition[], state: string): string =>
  grouped(
    all.filter(({ to, from }) => to === state && from !== state).map(({ from, event }) => [event, from]),
    ' from ',
  )
const left = (all: readonly Transition[], state: string): string =>
  grouped(
    all.filter(({ to, from }) => from === state && to !== state).map(({ event, to }) => [to, event]),
    ' by ',
  )

/** `a from b, c; d from e`. */
function grouped(pairs: readonly (readonly [head: string, one: string])[], between: string): string {
  const groups = new Map<string, Set<string>>()
  for (const [head, one] of pairs) groups.set(head, (groups.get(head) ?? new Set()).add(one))
  return [...groups].map(([head, ones]) => `${head}${between}${[...ones].join(', ')}`).join('; ') || '–'
}

const COMMAND = {
  deposit: 'deposit',
  withdraw: 'withdraw',
  renew: 'renew',
  close: 'close',
  bump: 'bumpfee',
} as const
const commands = (kind: AccountKind, expired: boolean): string =>
  operationsIn(kind, expired)
    .map((operation) => `\`${COMMAND[operation]}\``)
    .join(' ') || '–'

/** Every state, and how it comes to be; both checked by the compiler. */
const KINDS = Object.keys(ADVICE) as readonly AccountKind[]
const BEGINS: Partial<Record<AccountKind, string>> = { initiated: '`pool accounts new`' }

const SAMPLES: { readonly [K in AccountState['kind']]: AccountState & { readonly kind: K } } = {
  pendingOpen: { kind: 'pendingOpen' },
  open: { kind: 'open', via: 'funding' },
  changeSigned: { kind: 'changeSigned', base: 'open', via: 'funding' },
  pendingUpdate: { kind: 'pendingUpdate' },
  pendingBatch: { kind: 'pendingBatch', finalizeDelivered: true },
  expired: { kind: 'expired', via: 'funding' },
  expiredPendingUpdate: { kind: 'expiredPendingUpdate', via: 'update' },
  pendingClosed: { kind: 'pendingClosed' },
  closed: { kind: 'closed', by: 'cooperative' },
}

/** What ends a state that nobody need do anything about, and what the trader can do all the same. */
const THEN: { readonly [K in AccountState['kind']]: string } = {
  pendingOpen: 'waits for confirmations; the trader may pay more for them, or close alone once it has expired',
  open: 'trades; the trader changes or closes it as it likes',
  changeSigned: 'does not trade: the trader publishes what was signed, or asks for another change',
  pendingUpdate: 'waits for confirmations; the trader may pay more for them',
  pendingBatch: 'waits for confirmations, which the auctioneer sees to; trades on',
  expired: 'the trader renews it with the auctioneer, or closes it alone',
  expiredPendingUpdate: 'waits for confirmations; the trader closes it alone',
  pendingClosed: 'waits for the confirmation of the batch that used it up',
  closed: 'nothing is left to do',
}

function page(): string {
  const [ours, theirs] = [transitionsOf('traderAccount.md'), transitionsOf('auctioneerAccount.md')]
  const trader = KINDS.map((kind) => {
    const begins = BEGINS[kind]
    const how = [...(begins === undefined ? [] : [begins]), entered(ours, kind)].filter((one) => one !== '–').join('; ')
    const cells = [kind, how, left(ours, kind), commands(kind, false), commands(kind, true), ADVICE[kind]]
    return `| ${cells.join(' | ')} |`
  })
  const auctioneer = Object.values(SAMPLES).map((state) => {
    const { kind } = state
    const how = entered(theirs, kind)
    const cells = [kind, kind === 'pendingOpen' ? `InitAccount; ${how}` : how, left(theirs, kind)]
    const told = kind === 'changeSigned' ? 'pendingUpdate for 144 blocks, then open or expired' : wireState(state)
    return `| ${[...cells, told, THEN[kind]].join(' | ')} |`
  })
  return `${[
    '# Accounts: every state on both sides',
    '',
    'Written by a test from the pages of the two state machines ([trader](traderAccount.md), [auctioneer](auctioneerAccount.md))',
    'and the rules of the commands; do not edit. Whatever a state waits for comes by itself, with blocks, or can be overtaken with a',
    'command once the account has expired. What to do after losing data stands in [recovery](../recovery.md).',
    '',
    '## Trader',
    '',
    'Commands are those of `pool accounts`; before the expiry most need the auctioneer, `close` after it needs nobody.',
    '',
    '| state | entered by | left for | commands before expiry | commands after expiry | what to do |',
    '| --- | --- | --- | --- | --- | --- |',
    ...trader,
    '',
    '## Auctioneer',
    '',
    '| state | entered by | left for | told to a recovering trader as | what happens then |',
    '| --- | --- | --- | --- | --- |',
    ...auctioneer,
  ].join('\n')}\n`
}

describe('the states of accounts', () => {
  it('are listed in docs/states', async () => {
    await expect(page()).toMatchFileSnapshot(join(states, 'accounts.md'))
  })

  it.each(KINDS)('%s has a way forward: something leaves it, or it is the end', (kind) => {
    const ends: readonly AccountKind[] = ['canceledAfterRecovery']
    const leaves = transitionsOf('traderAccount.md').some(({ from, to }) => from === kind && to !== kind)
    expect(leaves || ends.includes(kind)).toBe(true)
  })

  it.each(KINDS.filter((kind) => !['initiated', 'closed', 'canceledAfterRecovery'].includes(kind)))(
    '%s can be closed alone once it has expired',
    (kind) => {
      expect(operationsIn(kind, true)).toContain('close')
    },
  )
})
