import { accountKey, fromHex } from '@tidepool/crypto'
import { inField } from '@tidepool/rpc'
import type { Handlers, tidepool } from '@tidepool/rpc'
import type { Auctioneer } from '../../app/auctioneer.ts'
import type { SilenceView } from '../../app/silences.ts'

/** The operator's calls about traders who do not answer. */
export function silenceAdmin({
  silences,
}: Auctioneer): Pick<Handlers<tidepool.Admin_Service>, 'listSilences' | 'forgiveSilence'> {
  const list = (): tidepool.ListSilencesResponseInit => ({ silences: silences.list().map(silenceToWire) })
  return {
    listSilences: () => Promise.resolve(list()),
    forgiveSilence: async ({ accountKey: key }) => {
      await silences.forgive(inField('account_key', () => accountKey(key)))
      return list()
    },
  }
}

const silenceToWire = ({ silence, isLeftOut, openOrders }: SilenceView): tidepool.AdminSilenceInit => ({
  accountKey: fromHex(silence.key),
  times: silence.times,
  step: silence.step,
  lastNs: nanoseconds(silence.lastMs),
  leftOutUntilNs: isLeftOut ? nanoseconds(silence.untilMs) : 0n,
  numOpenOrders: openOrders,
})

const nanoseconds = (ms: number): bigint => BigInt(ms) * 1_000_000n
