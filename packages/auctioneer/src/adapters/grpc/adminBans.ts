import { fromHex, pubKey } from '@tidepool/crypto'
import type { PubKey } from '@tidepool/crypto'
import { inField } from '@tidepool/rpc'
import type { Handlers, tidepool } from '@tidepool/rpc'
import type { Auctioneer } from '../../app/auctioneer.ts'
import type { BanView } from '../../app/bans.ts'

type BanAdmin = Pick<Handlers<tidepool.Admin_Service>, 'listBans' | 'setBan' | 'liftBan'>

/** The operator's calls about whom auctions leave out. */
export function banAdmin({ bans }: Auctioneer): BanAdmin {
  const list = (): tidepool.ListBansResponseInit => ({ bans: bans.list().map(banToWire) })
  return {
    listBans: () => Promise.resolve(list()),
    setBan: async ({ key, blocks, reason }) => {
      await bans.set(keyOf(key), blocks === 0 ? undefined : blocks, reason)
      return list()
    },
    liftBan: async ({ key }) => {
      await bans.lift(keyOf(key))
      return list()
    },
  }
}

const keyOf = (key: Uint8Array): PubKey => inField('key', () => pubKey(key, 'key'))

const banToWire = ({ ban, openOrders }: BanView): tidepool.AdminBanInit => ({
  key: fromHex(ban.key),
  untilHeight: ban.until ?? 0,
  reason: ban.reason,
  numOpenOrders: openOrders,
})
