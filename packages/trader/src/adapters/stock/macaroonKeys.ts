import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { pubKey } from '@tidepool/crypto'
import type { PubKey } from '@tidepool/crypto'
import type { RootKeys } from '@tidepool/rpc'
import { TraderError, reasonOf } from '../../core/errors.ts'
import type { Logger } from '../../ports/logger.ts'
import type { KeyLocator } from '../../ports/wallet.ts'
import { ROOT_KEY_ID } from '../store/rootKeys.ts'
import { openStockRootKey } from './stockRootKey.ts'

/** The stock daemon locks its file with the secret that lnd's key has in common with this point. lndclient macaroon_service.go */
const LOCATOR: KeyLocator = { family: 21, index: 0 }
const POINT = pubKey('0215b5a3e0ef58b101431e1e513dd017d1018b420bd2e89dcd71f45c031f00469e')
/** Older ones locked it with nothing. */
const NO_PASSWORD = new Uint8Array()

type StockKey =
  /** No stock daemon was here, or its file gives no key. */
  | { readonly kind: 'none' }
  /** There is a file; lnd has to open it first. */
  | { readonly kind: 'waits' }
  | { readonly kind: 'read'; readonly key: Uint8Array }

/**
 * Keys whose macaroons this daemon takes: its own and, while a stock daemon's `macaroons.db` lies in the same folder, the
 * one in there. That is read at each start and kept in memory only (ADR-0098).
 */
export class MacaroonKeys {
  readonly #own: Uint8Array
  readonly #path: string
  readonly #logger: Logger
  #stock: StockKey

  constructor(own: Uint8Array, path: string, logger: Logger) {
    this.#own = own
    this.#path = path
    this.#logger = logger
    this.#stock = existsSync(path) ? { kind: 'waits' } : { kind: 'none' }
  }

  /** Ours comes first. @throws TraderError STOCK_MACAROON_TOO_EARLY where the other would be next and is not read yet */
  *#keys(): Generator<Uint8Array> {
    const [own, stock] = [this.#own, this.#stock]
    yield own
    if (stock.kind === 'read') yield stock.key
    if (stock.kind === 'waits') {
      throw new TraderError(
        { code: 'STOCK_MACAROON_TOO_EARLY' },
        'macaroon: not made by this daemon; one of the stock daemon is good as soon as lnd is unlocked and in reach: ' +
          'wait for lnd, or use pool.macaroon',
      )
    }
  }

  readonly rootKeysOf: RootKeys = (id) => (id === ROOT_KEY_ID ? this.#keys() : [])

  /** Reads the stock key once lnd is there; a file that gives none is told in the log. @throws LndError */
  async readStock(sharedSecret: (locator: KeyLocator, other: PubKey) => Promise<Uint8Array>): Promise<void> {
    if (this.#stock.kind !== 'waits') return
    const password = await sharedSecret(LOCATOR, POINT)
    try {
      const key = await openStockRootKey(await readFile(this.#path), [password, NO_PASSWORD])
      this.#stock = { kind: 'read', key }
      this.#logger.info('macaroons of the stock daemon are good here', { path: this.#path })
    } catch (error) {
      this.#stock = { kind: 'none' }
      this.#logger.warn('macaroons of the stock daemon are refused', { path: this.#path, reason: reasonOf(error) })
    }
  }
}
