import { RpcError, STATUS } from '@tidepool/rpc'
import { expect, it } from 'vitest'
import { nextStep } from './nextStep.ts'

const error = (details: string, status: number = STATUS.UNKNOWN, errorCode?: string): RpcError =>
  new RpcError({ status, details, method: '/x/y', ...(errorCode !== undefined && { errorCode }) })

it.each([
  [error('x', STATUS.UNAUTHENTICATED, 'MACAROON_INVALID'), /--macaroonpath/],
  [error('no order found', STATUS.NOT_FOUND, 'ORDER_NOT_FOUND'), /orders list/],
  [error('connect ECONNREFUSED 127.0.0.1:1', STATUS.UNAVAILABLE), /--rpcserver/],
  [error('self-signed certificate', STATUS.UNAVAILABLE), /--tlscertpath/],
  [error('unknown method', STATUS.UNIMPLEMENTED), /update the daemon/],
  [error('verification failed: signature mismatch'), /--basedir/],
])('%s', (given, text) => expect(nextStep(given, 'pool')).toMatch(text))

it('says nothing where the text says it all', () => {
  expect(nextStep(error('lnd is locked: unlock it', STATUS.UNAVAILABLE, 'LND_LOCKED'), 'pool')).toBeUndefined()
  expect(nextStep(error('x', STATUS.UNIMPLEMENTED, 'NOT_SUPPORTED'), 'pool')).toBeUndefined()
  expect(nextStep(error('connect ECONNREFUSED'), 'auctionctl')).toBeUndefined()
})
