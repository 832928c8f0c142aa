import type { Auctioneer, ClientMessage, ServerMessage, TraderSession } from '@tidepool/auctioneer'
import { accountAuthMessage, accountCommitment, derEncode, sha256, signEcdsa } from '@tidepool/crypto'
import type { AccountKey } from '@tidepool/crypto'
import { LATEST_BATCH_VERSION } from '@tidepool/market'
import { ACCOUNT_KEY_FAMILY } from '@tidepool/trader'
import type { SimTrader } from '../simTrader.ts'

/** What a handshake of an account would send, each step by hand. */
export interface Handshake {
  readonly key: AccountKey
  readonly nonce: Uint8Array
  readonly commitHash: Uint8Array
}

/** A stream to the auctioneer whose other end does as it likes. */
export class RawStream {
  readonly session: TraderSession
  readonly got: ServerMessage[] = []
  ended: string | undefined

  constructor(auctioneer: Auctioneer, peer: string) {
    const stream = {
      send: (message: ServerMessage): Promise<void> => {
        this.got.push(message)
        return Promise.resolve()
      },
      end: (_: string, details: string): void => {
        this.ended = details
      },
    }
    this.session = auctioneer.openSession(stream, peer)
  }

  say(message: ClientMessage): Promise<void> {
    return this.session.receive(message)
  }

  /** The first step; the challenge comes in `got`. */
  async commit(key: AccountKey, nonce: Uint8Array = new Uint8Array(32).fill(1)): Promise<Handshake> {
    const commitHash = accountCommitment(key, nonce)
    await this.say({ kind: 'commit', commitHash, batchVersion: LATEST_BATCH_VERSION })
    return { key, nonce, commitHash }
  }

  /** The signature that the last challenge asks for, by the keys of any trader. */
  sign({ commitHash, key }: Handshake, by: SimTrader): Uint8Array {
    const keyIndex = by.trader.ledger.accounts.get(key)?.keyIndex ?? 0
    const last = this.got.findLast((message) => message.kind === 'challenge')
    const message = accountAuthMessage(commitHash, last?.challenge ?? new Uint8Array(32))
    const secret = by.node.node.keys.secret({ family: ACCOUNT_KEY_FAMILY, index: keyIndex })
    return derEncode(signEcdsa(sha256(message), secret))
  }

  subscribe({ key: traderKey, nonce: commitNonce }: Handshake, authSig: Uint8Array): Promise<void> {
    return this.say({ kind: 'subscribe', traderKey, commitNonce, authSig })
  }
}
