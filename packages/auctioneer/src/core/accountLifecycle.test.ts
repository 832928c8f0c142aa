import { describe, expect, it } from 'vitest'
import { observe, statePage } from '../../test/stateDiagram.ts'
import type { AccountState } from './account.ts'
import { resumeAccount, stepAccount } from './accountLifecycle.ts'
import type { AccountEvent } from './accountLifecycle.ts'

const STATES: Readonly<Record<string, AccountState>> = {
  pendingOpen: { kind: 'pendingOpen' },
  open: { kind: 'open', via: 'batch' },
  expired: { kind: 'expired', via: 'update' },
  changeSigned: { kind: 'changeSigned', base: 'open', via: 'funding' },
  changeSignedExpired: { kind: 'changeSigned', base: 'expired', via: 'update' },
  pendingBatch: { kind: 'pendingBatch', finalizeDelivered: false },
  pendingUpdate: { kind: 'pendingUpdate' },
  expiredPendingUpdate: { kind: 'expiredPendingUpdate', via: 'batch' },
  pendingClosed: { kind: 'pendingClosed' },
  closed: { kind: 'closed', by: 'expiry' },
}

const EVENTS: Readonly<Record<string, AccountEvent>> = {
  confirmed: { kind: 'confirmed', expired: false, signed: false },
  confirmedExpired: { kind: 'confirmed', expired: true, signed: false },
  confirmedSigned: { kind: 'confirmed', expired: false, signed: true },
  fundingMismatch: { kind: 'fundingMismatch' },
  reorged: { kind: 'reorged' },
  expiryReached: { kind: 'expiryReached' },
  batchedRecreated: { kind: 'batched', recreated: true },
  batchedGone: { kind: 'batched', recreated: false },
  finalizeDelivered: { kind: 'finalizeDelivered' },
  finalizeDoubtful: { kind: 'finalizeDoubtful' },
  modified: { kind: 'modified' },
  withheld: { kind: 'withheld' },
  spentByExpiry: { kind: 'spent', how: 'expiry', recreated: false },
  spentAway: { kind: 'spent', how: 'cooperative', recreated: false },
  spentByUpdate: { kind: 'spent', how: 'cooperative', recreated: true },
  spentOddly: { kind: 'spent', how: 'unknown', recreated: false },
  batchConfirmed: { kind: 'batchConfirmed' },
  spendUndone: { kind: 'spendUndone', before: { kind: 'changeSigned', base: 'open', via: 'funding' } },
}

/** Next state of every accepted pair; what is not listed must be refused. */
const EXPECTED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  pendingOpen: {
    confirmed: 'open',
    confirmedExpired: 'expired',
    fundingMismatch: 'closed',
    finalizeDelivered: 'pendingOpen',
    finalizeDoubtful: 'pendingOpen',
    reorged: 'pendingOpen',
    expiryReached: 'pendingOpen',
    spentByExpiry: 'closed',
    spentAway: 'closed',
    spentByUpdate: 'pendingUpdate',
    spentOddly: 'closed',
    confirmedSigned: 'changeSigned',
    spendUndone: 'changeSigned',
  },
  open: {
    confirmed: 'open',
    confirmedExpired: 'open',
    reorged: 'pendingBatch',
    expiryReached: 'expired',
    batchedRecreated: 'pendingBatch',
    batchedGone: 'pendingClosed',
    finalizeDelivered: 'open',
    finalizeDoubtful: 'open',
    modified: 'changeSigned',
    spentByExpiry: 'closed',
    spentAway: 'closed',
    spentByUpdate: 'pendingUpdate',
    spentOddly: 'closed',
    confirmedSigned: 'open',
    spendUndone: 'changeSigned',
  },
  expired: {
    confirmed: 'expired',
    confirmedExpired: 'expired',
    reorged: 'expiredPendingUpdate',
    expiryReached: 'expired',
    finalizeDelivered: 'expired',
    finalizeDoubtful: 'expired',
    modified: 'changeSigned',
    spentByExpiry: 'closed',
    spentAway: 'closed',
    spentByUpdate: 'pendingUpdate',
    spentOddly: 'closed',
    confirmedSigned: 'expired',
    spendUndone: 'changeSigned',
  },
  pendingBatch: {
    confirmed: 'open',
    confirmedExpired: 'expired',
    reorged: 'pendingBatch',
    expiryReached: 'expiredPendingUpdate',
    batchedRecreated: 'pendingBatch',
    batchedGone: 'pendingClosed',
    finalizeDelivered: 'pendingBatch',
    finalizeDoubtful: 'pendingBatch',
    spentByExpiry: 'closed',
    spentAway: 'closed',
    spentByUpdate: 'pendingUpdate',
    spentOddly: 'closed',
    confirmedSigned: 'changeSigned',
    spendUndone: 'pendingBatch',
  },
  pendingUpdate: {
    confirmed: 'open',
    confirmedExpired: 'expired',
    reorged: 'pendingUpdate',
    expiryReached: 'expiredPendingUpdate',
    finalizeDelivered: 'pendingUpdate',
    finalizeDoubtful: 'pendingUpdate',
    spentByExpiry: 'closed',
    spentAway: 'closed',
    spentByUpdate: 'pendingUpdate',
    spentOddly: 'closed',
    confirmedSigned: 'changeSigned',
    spendUndone: 'changeSigned',
  },
  expiredPendingUpdate: {
    confirmed: 'expired',
    confirmedExpired: 'expired',
    reorged: 'expiredPendingUpdate',
    expiryReached: 'expiredPendingUpdate',
    finalizeDelivered: 'expiredPendingUpdate',
    finalizeDoubtful: 'expiredPendingUpdate',
    spentByExpiry: 'closed',
    spentAway: 'closed',
    spentByUpdate: 'pendingUpdate',
    spentOddly: 'closed',
    confirmedSigned: 'changeSigned',
    spendUndone: 'changeSigned',
  },
  pendingClosed: {
    expiryReached: 'pendingClosed',
    finalizeDelivered: 'pendingClosed',
    finalizeDoubtful: 'pendingClosed',
    spentByExpiry: 'closed',
    spentAway: 'closed',
    spentByUpdate: 'pendingUpdate',
    spentOddly: 'closed',
    batchConfirmed: 'closed',
    spendUndone: 'pendingClosed',
  },
  changeSigned: {
    confirmed: 'changeSigned',
    confirmedExpired: 'changeSigned',
    confirmedSigned: 'changeSigned',
    reorged: 'pendingOpen',
    expiryReached: 'changeSigned',
    finalizeDelivered: 'changeSigned',
    finalizeDoubtful: 'changeSigned',
    modified: 'changeSigned',
    withheld: 'open',
    spentByExpiry: 'closed',
    spentAway: 'closed',
    spentByUpdate: 'pendingUpdate',
    spentOddly: 'closed',
    spendUndone: 'changeSigned',
  },
  changeSignedExpired: {
    confirmed: 'changeSigned',
    confirmedExpired: 'changeSigned',
    confirmedSigned: 'changeSigned',
    reorged: 'expiredPendingUpdate',
    expiryReached: 'changeSigned',
    finalizeDelivered: 'changeSigned',
    finalizeDoubtful: 'changeSigned',
    modified: 'changeSigned',
    withheld: 'expired',
    spentByExpiry: 'closed',
    spentAway: 'closed',
    spentByUpdate: 'pendingUpdate',
    spentOddly: 'closed',
    spendUndone: 'changeSigned',
  },
  closed: {
    expiryReached: 'closed',
    finalizeDelivered: 'closed',
    finalizeDoubtful: 'closed',
    reorged: 'closed',
    spendUndone: 'changeSigned',
  },
}

const steps = observe(STATES, EVENTS, stepAccount, ({ kind }) => kind)

describe('account life cycle', () => {
  it.each(steps)('$from + $event', ({ from, event, to }) => {
    expect(to).toBe(EXPECTED[from]?.[event])
  })

  it.each([
    ['pendingOpen', ['watchConfirmation', 'watchSpend']],
    ['open', ['watchSpend']],
    ['expired', ['watchSpend']],
    ['pendingBatch', ['watchConfirmation', 'watchSpend']],
    ['pendingUpdate', ['watchConfirmation', 'watchSpend']],
    ['expiredPendingUpdate', ['watchConfirmation', 'watchSpend']],
    ['pendingClosed', ['watchSpend']],
    ['changeSigned', ['watchSpend']],
    ['closed', ['watchUndo']],
  ])('resumes %s', (name, actions) => {
    const state = STATES[name]
    expect(state === undefined ? undefined : resumeAccount(state).map(({ kind }) => kind)).toEqual(actions)
  })

  it('falls back to what the output waited for when its block is gone', () => {
    const back = (via: 'funding' | 'update' | 'batch') => stepAccount({ kind: 'open', via }, { kind: 'reorged' }).state
    expect(back('funding')).toEqual({ kind: 'pendingOpen' })
    expect(back('update')).toEqual({ kind: 'pendingUpdate' })
    expect(back('batch')).toEqual({ kind: 'pendingBatch', finalizeDelivered: true })
    expect(stepAccount({ kind: 'expired', via: 'funding' }, { kind: 'reorged' }).state).toEqual({ kind: 'pendingOpen' })
  })

  it('keeps an account out of batches until its trader knows of the last one', () => {
    const batched = stepAccount({ kind: 'open', via: 'funding' }, { kind: 'batched', recreated: true })
    expect(batched.state).toEqual({ kind: 'pendingBatch', finalizeDelivered: false })
    const told = stepAccount(batched.state, { kind: 'finalizeDelivered' })
    expect(told.state).toEqual({ kind: 'pendingBatch', finalizeDelivered: true })
    expect(stepAccount(told.state, { kind: 'finalizeDoubtful' }).state).toEqual(batched.state)
  })

  it('is drawn in docs/states', async () => {
    const about = 'An account as the auctioneer sees it (`packages/auctioneer/src/core/accountLifecycle.ts`).'
    const page = statePage('Account, auctioneer', about, steps)
    await expect(page).toMatchFileSnapshot('../../../../docs/states/auctioneerAccount.md')
  })
})
