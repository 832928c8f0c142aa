import { blockHeight, incrementBatchKey, satoshi, txid } from '@tidepool/crypto'
import { InvalidTransition } from '@tidepool/market'
import { describe, expect, it } from 'vitest'
import { ACCOUNT_KINDS, accountIn, fundingTx, pendingChange } from '../../test/kit/samples.ts'
import { statePage, tryAll } from '../../test/kit/statePage.ts'
import type { AccountKind, TraderAccount } from './account.ts'
import { isFunded, outputTerms } from './account.ts'
import { resume, step } from './accountLifecycle.ts'
import type { AccountEvent } from './accountLifecycle.ts'

const states = Object.fromEntries(ACCOUNT_KINDS.map((kind) => [kind, accountIn(kind)]))
const start = accountIn('open')
const recreated = {
  kind: 'recreated',
  value: satoshi(900_000),
  outpoint: { txid: txid('33'.repeat(32)), index: 0 },
  batchKey: incrementBatchKey(start.batchKey),
  expiry: blockHeight(6000),
  version: 2,
} as const
const { kind: _kind, ...changedTerms } = recreated
const batch = { kind: 'batchApplied', tx: fundingTx(), heightHint: blockHeight(130) } as const

const fundedIn = (kind: AccountKind) => {
  const account = accountIn(kind)
  if (!isFunded(account)) throw new Error('not funded')
  return account
}

const events: Readonly<Record<string, AccountEvent>> = {
  funded: { kind: 'funded', outpoint: { txid: txid('22'.repeat(32)), index: 0 }, tx: fundingTx() },
  fundingMissing: { kind: 'fundingMissing' },
  confirmed: { kind: 'confirmed', height: blockHeight(125) },
  expiryReached: { kind: 'expiryReached' },
  batchRecreated: { ...batch, outcome: recreated },
  batchGone: { ...batch, outcome: { kind: 'gone', value: satoshi(0) } },
  changed: {
    kind: 'changed',
    next: changedTerms,
    tx: fundingTx(),
    change: pendingChange(),
    heightHint: blockHeight(131),
  },
  closing: { kind: 'closing', tx: fundingTx(), change: pendingChange(), heightHint: blockHeight(131) },
  changeVoid: { kind: 'changeVoid', height: blockHeight(140) },
  batchVoid: { kind: 'batchVoid', before: fundedIn('open') },
  reorged: { kind: 'reorged' },
  spendReorged: { kind: 'spendReorged' },
  spentFinally: { kind: 'spentFinally', tx: fundingTx(), height: blockHeight(140) },
}

const eventOf = (name: string): AccountEvent => {
  const event = events[name]
  if (event === undefined) throw new Error(`no event ${name}`)
  return event
}

/** Next state of every pair that is not refused. */
const EXPECTED: Readonly<Record<AccountKind, Readonly<Record<string, AccountKind>>>> = {
  initiated: { funded: 'pendingOpen', fundingMissing: 'canceledAfterRecovery' },
  pendingOpen: { confirmed: 'open', closing: 'pendingClosed', spentFinally: 'closed' },
  pendingUpdate: {
    confirmed: 'open',
    expiryReached: 'expiredPendingUpdate',
    batchRecreated: 'pendingBatch',
    batchGone: 'pendingClosed',
    closing: 'pendingClosed',
    changeVoid: 'open',
    batchVoid: 'pendingUpdate',
    spentFinally: 'closed',
  },
  pendingBatch: {
    confirmed: 'open',
    expiryReached: 'expiredPendingUpdate',
    batchRecreated: 'pendingBatch',
    batchGone: 'pendingClosed',
    closing: 'pendingClosed',
    batchVoid: 'pendingUpdate',
    spentFinally: 'closed',
  },
  open: {
    confirmed: 'open',
    expiryReached: 'expired',
    batchRecreated: 'pendingBatch',
    batchGone: 'pendingClosed',
    changed: 'pendingUpdate',
    closing: 'pendingClosed',
    reorged: 'pendingUpdate',
    spentFinally: 'closed',
  },
  expired: {
    confirmed: 'expired',
    batchRecreated: 'pendingBatch',
    batchGone: 'pendingClosed',
    changed: 'pendingUpdate',
    closing: 'pendingClosed',
    reorged: 'expiredPendingUpdate',
    spentFinally: 'closed',
  },
  expiredPendingUpdate: {
    confirmed: 'expired',
    batchRecreated: 'pendingBatch',
    batchGone: 'pendingClosed',
    closing: 'pendingClosed',
    changeVoid: 'open',
    batchVoid: 'pendingUpdate',
    spentFinally: 'closed',
  },
  pendingClosed: {
    changed: 'pendingUpdate',
    changeVoid: 'open',
    batchVoid: 'pendingUpdate',
    closing: 'pendingClosed',
    expiryReached: 'pendingClosed',
    spentFinally: 'closed',
  },
  closed: { expiryReached: 'closed', spendReorged: 'pendingClosed' },
  canceledAfterRecovery: { funded: 'pendingOpen' },
}

const RESUME: Readonly<Record<AccountKind, readonly string[]>> = {
  initiated: ['findOrFund'],
  pendingOpen: ['republish', 'initAtAuctioneer', 'watchConfirmation'],
  pendingUpdate: ['republish', 'watchConfirmation', 'watchChange', 'watchExpiry'],
  pendingBatch: ['watchConfirmation', 'watchSpend', 'watchExpiry', 'subscribe'],
  open: ['watchSpend', 'watchExpiry', 'watchReorg', 'subscribe'],
  expired: ['watchSpend', 'watchReorg'],
  expiredPendingUpdate: ['republish', 'watchConfirmation', 'watchChange', 'watchExpiry'],
  pendingClosed: ['republish', 'watchSpend'],
  closed: ['stopWatching', 'watchUndo'],
  canceledAfterRecovery: ['stopWatching'],
}

describe('account lifecycle', () => {
  const table = tryAll({ states, events, step })

  it.each(ACCOUNT_KINDS)('%s takes exactly its events', (kind) => {
    const got = [...(table.get(kind) ?? [])].flatMap(([event, result]) =>
      result.kind === 'next' ? [[event, result.state]] : [],
    )
    expect(Object.fromEntries(got)).toEqual(EXPECTED[kind])
  })

  it.each(ACCOUNT_KINDS)('%s resumes', (kind) => {
    expect(resume(accountIn(kind)).map((action) => action.kind)).toEqual(RESUME[kind])
  })

  it('a batch moves value, outpoint, batch key, expiry and version together', () => {
    const { state } = step(accountIn('open'), { ...batch, outcome: recreated })
    expect(state).toMatchObject({
      kind: 'pendingBatch',
      value: recreated.value,
      outpoint: recreated.outpoint,
      batchKey: recreated.batchKey,
      expiry: recreated.expiry,
      heightHint: batch.heightHint,
    })
  })

  it('an account that ends keeps its spent outpoint, to see the spend confirm', () => {
    const before = accountIn('open')
    const { state } = step(before, { ...batch, outcome: { kind: 'gone', value: satoshi(0) } })
    expect(isFunded(state) && isFunded(before) && state.outpoint === before.outpoint).toBe(true)
  })

  it('a change that comes to nothing leaves the account as it was, and is remembered', () => {
    const before = accountIn('open')
    const { state: changed } = step(before, eventOf('changed'))
    expect(changed).toMatchObject({ kind: 'pendingUpdate', value: recreated.value, outpoint: recreated.outpoint })
    const { state } = step(changed, { kind: 'changeVoid', height: blockHeight(140) })
    if (!isFunded(before)) throw new Error('an open account is funded')
    expect(state).toMatchObject({
      ...outputTerms(before),
      kind: 'open',
      givenUp: [{ tx: fundingTx(), next: changedTerms }],
    })
    expect('change' in state).toBe(false)
    expect(step(changed, { kind: 'changeVoid', height: before.expiry }).state.kind).toBe('expired')
  })

  it('a close keeps its outpoint and what it would go back to', () => {
    const before = accountIn('open')
    const { state: closing } = step(before, eventOf('closing'))
    expect(closing).toMatchObject({ kind: 'pendingClosed', value: 0n, change: pendingChange() })
    const { state } = step(closing, { kind: 'changeVoid', height: blockHeight(140) })
    expect(state).toMatchObject({ kind: 'open', value: before.value })
  })

  it('a change that is overtaken by a close counts if it confirms after all', () => {
    const before = accountIn('open')
    const { state: changed } = step(before, eventOf('changed'))
    const { state } = step(changed, eventOf('closing'))
    if (!isFunded(before)) throw new Error('an open account is funded')
    expect(state).toMatchObject({ kind: 'pendingClosed', outpoint: before.outpoint, batchKey: before.batchKey })
    expect(state).toMatchObject({ givenUp: [{ tx: fundingTx(), next: changedTerms }] })
  })

  it('a close that leaves the chain still knows the change it stands on', () => {
    const closing = { kind: 'closing', tx: fundingTx(), change: { ...pendingChange(), parent: fundingTx() } } as const
    const { state: pending } = step(accountIn('open'), { ...closing, heightHint: blockHeight(131) })
    const { state: closed } = step(pending, eventOf('spentFinally'))
    const { state } = step(closed, { kind: 'spendReorged' })
    expect(state).toMatchObject({ kind: 'pendingClosed', change: { parent: fundingTx() } })
    const other = { ...fundingTx(), lockTime: 7 }
    const { state: spent } = step(pending, { kind: 'spentFinally', tx: other, height: blockHeight(140) })
    expect('change' in spent).toBe(false)
  })

  it('what a confirmed change won against is no matter of the next change', () => {
    const { state: changed } = step(accountIn('open'), eventOf('changed'))
    const { state: void_ } = step(changed, { kind: 'changeVoid', height: blockHeight(140) })
    const { state: second } = step(void_, eventOf('changed'))
    expect(second).toMatchObject({ kind: 'pendingUpdate', givenUp: [{ next: changedTerms }] })
    const { state: open } = step(second, eventOf('confirmed'))
    expect(open).toMatchObject({ kind: 'open', change: pendingChange(), givenUp: [{ next: changedTerms }] })
    if (!isFunded(open)) throw new Error('an open account is funded')
    const change = { ...pendingChange(), from: outputTerms(open) }
    const { state: third } = step(open, { ...eventOf('changed'), change } as AccountEvent)
    expect(third).toMatchObject({ kind: 'pendingUpdate', change })
    expect('givenUp' in third).toBe(false)
  })

  it('a funding that was announced and not found is waited for', () => {
    const lost = { ...accountIn('canceledAfterRecovery'), announcedAt: { txid: txid('22'.repeat(32)), index: 0 } }
    expect(resume(lost as TraderAccount).map((action) => action.kind)).toEqual(['stopWatching', 'watchFunding'])
  })

  it('a change of another output than the current one is refused', () => {
    const change = pendingChange()
    const from = { ...change.from, outpoint: { txid: txid('55'.repeat(32)), index: 0 } }
    const event = { ...eventOf('changed'), change: { ...change, from } } as AccountEvent
    expect(() => step(accountIn('open'), event)).toThrow(InvalidTransition)
  })

  it('is drawn in docs/states', async () => {
    const about = "An account as its owner's daemon sees it (`packages/trader/src/core/accountLifecycle.ts`)."
    const page = statePage(table, { title: 'Account, trader', about, resume: RESUME })
    await expect(page).toMatchFileSnapshot('../../../../docs/states/traderAccount.md')
  })
})
