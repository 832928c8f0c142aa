import { fromHex, orderNonce } from '@tidepool/crypto'
import { verdictText } from '@tidepool/market'
import { addService, badField, inField, services } from '@tidepool/rpc'
import type { Handlers, ServiceHost, tidepool } from '@tidepool/rpc'
import type { Auctioneer } from '../../app/auctioneer.ts'
import type { DurationView, MarketState } from '../../app/durations.ts'
import type { OrderAnswers } from '../../app/orderAnswers.ts'
import type { Verdict } from '../../core/orderVerdict.ts'
import { AuctioneerError } from '../../core/errors.ts'
import { matchToWire, orderToWire, snake } from './adminViews.ts'

/** Orders that one call may ask about. */
const MAX_NONCES = 1000

/** `tidepool.MarketView`: what our own traders may ask beyond the Pool protocol. */
export function addMarketView(host: ServiceHost, answers: OrderAnswers): void {
  addService(host, services.tidepool.MarketView, {
    orderReasons: async ({ nonces }, { peer }) => {
      if (nonces.length > MAX_NONCES) throw badField('nonces', `at most ${MAX_NONCES}`)
      const asked = nonces.map((nonce, i) => inField(`nonces[${i}]`, () => orderNonce(nonce)))
      const records = await answers.ofCaller(asked, peer)
      return {
        reasons: records.map(({ nonce, latest }) => {
          const { code, text, sinceNs } = verdictToWire(latest)
          return { nonce: fromHex(nonce), code, text, sinceNs }
        }),
      }
    },
  })
}

type OrderAdmin = Pick<
  Handlers<tidepool.Admin_Service>,
  'whyOrder' | 'listDurations' | 'setDuration' | 'removeDuration'
>

/** The operator's calls about orders and their markets. */
export function orderAdmin({ answers, durations }: Auctioneer): OrderAdmin {
  const list = (): tidepool.ListDurationsResponseInit => ({ durations: durations.list().map(durationToWire) })
  return {
    whyOrder: async ({ nonce }) => {
      const { record, latest, earlier, matches } = await answers.why(inField('nonce', () => orderNonce(nonce)))
      return {
        order: orderToWire({ record, resting: latest?.code ?? '' }),
        ...(latest !== undefined && { verdict: verdictToWire(latest) }),
        earlier: earlier.map(verdictToWire),
        matches: matches.map(matchToWire),
      }
    },
    listDurations: () => Promise.resolve(list()),
    setDuration: async ({ leaseDurationBlocks, state }) => {
      await durations.set(leaseDurationBlocks, stateFromWire(state))
      return list()
    },
    removeDuration: async ({ leaseDurationBlocks, cancelOrders }) => {
      await durations.remove(leaseDurationBlocks, cancelOrders)
      return list()
    },
  }
}

function verdictToWire({ code, sinceNs, batchId }: Verdict) {
  return { code: snake(code), text: verdictText(code), sinceNs, batchId: fromHex(batchId) }
}

const durationToWire = ({ blocks, state, openOrders }: DurationView): tidepool.AdminDurationInit => ({
  leaseDurationBlocks: blocks,
  state: state === 'acceptingOrders' ? 'accepting' : snake(state),
  numOpenOrders: openOrders,
})

function stateFromWire(state: string): MarketState {
  if (state === 'open' || state === 'closed') return state
  if (state === 'accepting') return 'acceptingOrders'
  throw new AuctioneerError({ code: 'DURATION_INVALID', what: state }, 'a duration is closed, accepting or open')
}
