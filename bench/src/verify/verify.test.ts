import { expect, test } from 'vitest'
import { largeBatch } from './batch.ts'
import { measureFirstTimes, measureOurs, prepareBytes, readProposal, recordsOf, verify } from './ours.ts'

test.each([1, 10, 25])('a batch of 40 accounts with %i own matches is read and accepted', (ownMatches) => {
  const large = largeBatch(40, ownMatches)
  expect(large.batch.accounts.size).toBe(40)
  const proposal = readProposal(prepareBytes(large))
  expect(proposal.matches).toHaveLength(ownMatches)
  expect(proposal.accountDiffs).toHaveLength(Math.ceil(ownMatches / 10))
  expect(verify(proposal, recordsOf(large))).toBe(ownMatches)
})

test('a measurement gives a figure for every part', () => {
  const large = largeBatch(10, 1)
  const timing = { ...measureOurs(large, 1), ...measureFirstTimes(large, 4) }
  expect(Object.keys(timing)).toEqual(['readUs', 'verifyUs', 'keyUs', 'outputUs'])
  expect(Object.values(timing).every((figure) => figure > 0)).toBe(true)
})
