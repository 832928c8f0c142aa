import { addService, createServer, openChannel, services } from '@tidepool/rpc'
import type { Server } from '@tidepool/rpc'
import { afterEach, describe, expect, it } from 'vitest'
import { feeRateOf } from './accountFlags.ts'

let server: Server | undefined
afterEach(() => server?.stop(0))

/** A daemon that estimates, or, as the stock one, only quotes. */
async function rateFrom(kind: 'ours' | 'stock', rate: bigint, flags: Parameters<typeof feeRateOf>[1]): Promise<bigint> {
  const asked: number[] = []
  server = createServer({ tls: 'insecure' })
  if (kind === 'ours') {
    addService(server, services.tidepool.TraderTools, {
      estimateFeeRate: ({ confTarget }) => {
        asked.push(confTarget)
        return Promise.resolve({ feeRateSatPerKw: rate })
      },
    })
  }
  addService(server, services.poolrpc.Trader, {
    quoteAccount: ({ fees }) => {
      if (kind === 'ours') throw new Error('a quote needs coins in the wallet')
      asked.push(fees?.value ?? 0)
      return Promise.resolve({ minerFeeRateSatPerKw: rate, minerFeeTotal: 1n })
    },
  })
  const { port } = await server.listen('127.0.0.1:0')
  const channel = openChannel({ address: `127.0.0.1:${port}`, tls: { kind: 'insecure' } })
  try {
    const found = await feeRateOf(channel, flags, undefined)
    expect(asked).toEqual(flags.sat_per_vbyte === undefined ? [Number(flags.conf_target)] : [])
    return found
  } finally {
    channel.close()
  }
}

describe('the fee rate of a change', () => {
  it.each([
    ['ours', 'a rate wins over a target', 900n, { sat_per_vbyte: '7', conf_target: '3' }, 1750n],
    ['ours', 'a target is estimated without a quote', 900n, { conf_target: '3' }, 900n],
    ['stock', 'a stock daemon is asked for a quote', 900n, { conf_target: '3' }, 900n],
    ['stock', 'never below what nodes relay', 250n, { conf_target: '100' }, 253n],
  ] as const)('%s: %s', async (kind, _, estimate, flags, rate) => {
    expect(await rateFrom(kind, estimate, flags)).toBe(rate)
  })
})
