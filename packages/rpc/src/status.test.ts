import { describe, expect, expectTypeOf, it } from 'vitest'
import { ClmError } from '@tidepool/crypto'
import { STATUS, statusName } from './grpc/statusCode.ts'
import { detailsFor, STATUS_BY_CODE, STOCK_TEXTS, type CodesOf, type StatusTable } from './status.ts'

class OneError extends ClmError<{ readonly code: 'A' } | { readonly code: 'B'; readonly n: number }> {}
class OtherError extends ClmError<{ readonly code: 'C' }> {}

describe('the table of statuses', () => {
  it('has a failure for every code', () => {
    for (const status of Object.values(STATUS_BY_CODE)) {
      expect(Object.values(STATUS)).toContain(status)
      expect([STATUS.OK, STATUS.CANCELLED]).not.toContain(status)
    }
  })

  it('is complete by its type: every code of every error class a module exports', () => {
    const module = { OneError, OtherError, ClmError, notAnError: 1 }
    expectTypeOf<CodesOf<typeof module>>().toEqualTypeOf<'A' | 'B' | 'C'>()
    expectTypeOf<{ A: number; B: number }>().not.toExtend<StatusTable<CodesOf<typeof module>>>()
    expectTypeOf<{ A: number; B: number; C: number }>().toExtend<StatusTable<CodesOf<typeof module>>>()
  })
})

describe('texts a stock trader looks for', () => {
  it('are these', () => {
    expect(STOCK_TEXTS).toEqual({ batchNotFinal: 'batch snapshot not found', orderNotFound: 'no order found' })
  })

  it.each([
    ['ORDER_NOT_FOUND', 'there is none', 'no order found: there is none'],
    ['ORDER_NOT_FOUND', 'no order found for this preimage', 'no order found for this preimage'],
    ['BATCH_NOT_FOUND', 'not final yet', 'batch snapshot not found: not final yet'],
    ['ORDER_ARCHIVED', 'too late', 'too late'],
  ])('%s, "%s" is sent as "%s"', (code, message, sent) => expect(detailsFor(code, message)).toBe(sent))
})

it('names statuses', () => expect([statusName(5), statusName(77)]).toEqual(['NOT_FOUND', 'STATUS_77']))
