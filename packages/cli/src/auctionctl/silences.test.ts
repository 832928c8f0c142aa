import { describe, expect, it } from 'vitest'
import { fillMessage } from '@tidepool/rpc'
import { silencesText } from './silences.ts'

const KEY = new Uint8Array(33).fill(2)
/** 2026-01-02 03:04:05 UTC. */
const AT_NS = 1_767_323_045_000_000_000n

const text = (parts: Parameters<typeof fillMessage<'tidepool.AdminSilence'>>[1]): string =>
  silencesText(
    fillMessage('tidepool.ListSilencesResponse', {
      silences: [{ accountKey: KEY, times: 3, step: 'sign', lastNs: AT_NS, numOpenOrders: 2, ...parts }],
    }),
  )

describe('auctionctl silences', () => {
  it('says who was silent, when, how often, and until when that counts', () => {
    const row = text({ leftOutUntilNs: AT_NS + 1_200_000_000_000n })
      .split('\n')
      .at(-1)
    expect(row).toMatch(/^(02){33}\s+3\s+sign unanswered at 2026-01-02T03:04:05Z\s+2026-01-02T03:24:05Z\s+2\s*$/)
    expect(text({ leftOutUntilNs: 0n })).toContain('takes part')
  })

  it('says so when nobody was', () => {
    expect(silencesText(fillMessage('tidepool.ListSilencesResponse', {}))).toBe(
      'every trader that was asked has answered',
    )
  })
})
