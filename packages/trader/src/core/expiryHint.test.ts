import { blockHeight } from '@tidepool/crypto'
import { expect, it } from 'vitest'
import { accountIn } from '../../test/kit/samples.ts'
import type { AccountKind } from './account.ts'
import { expiryHint } from './expiryHint.ts'

/** Of the sample account. */
const EXPIRY = 3000
const hint = (left: number, kind: AccountKind = 'open') => expiryHint(accountIn(kind), blockHeight(EXPIRY - left))

it.each([
  [1009, undefined],
  [1008, 1008],
  [433, 1008],
  [432, 432],
  [144, 144],
  [36, 36],
  [7, 36],
  [6, 6],
  [1, 6],
  [0, 0],
])('%i blocks before the expiry the owner is reminded for the threshold of %s', (left, threshold) => {
  expect(hint(left)?.threshold).toBe(threshold)
})

it('says how much is left and what to do', () => {
  expect(hint(100)).toMatchObject({
    blocksLeft: 100,
    advice: expect.stringMatching(/renew it .* or close it/) as string,
  })
  expect(hint(-5)).toMatchObject({ blocksLeft: 0, advice: expect.stringMatching(/has expired.*alone/) as string })
})

it.each<AccountKind>(['closed', 'pendingClosed', 'initiated', 'canceledAfterRecovery'])(
  'an account that is %s needs no word',
  (kind) => {
    expect(hint(1, kind)).toBeUndefined()
  },
)

it.each<AccountKind>(['open', 'pendingOpen', 'pendingUpdate', 'pendingBatch', 'expired', 'expiredPendingUpdate'])(
  'one that is %s does',
  (kind) => {
    expect(hint(1, kind)?.blocksLeft).toBe(1)
  },
)
