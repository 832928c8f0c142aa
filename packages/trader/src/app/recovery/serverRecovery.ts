import { accountKey, orderNonce } from '@tidepool/crypto'
import { ACCOUNT_KEY_FAMILY } from '../../core/account.ts'
import type { AccountTerms, TraderAccount } from '../../core/account.ts'
import { TraderError, reasonOf } from '../../core/errors.ts'
import { accountFromRemote, accountFromReservation } from '../../core/recovery/recoverRemote.ts'
import type { Recovered } from '../../core/recovery/recoverRemote.ts'
import { isDoubtful, supersedes } from '../../core/recovery/supersede.ts'
import type { Auctioneer } from '../../ports/auctioneer.ts'
import type { Logger } from '../../ports/logger.ts'
import { findFunding } from '../accountOpening.ts'
import { fundingOutpoint } from '../accountScan.ts'
import type { HandshakeModules } from '../handshakes.ts'
import type { Ledger } from '../ledger.ts'
import { RecoveryStream } from './recoveryStream.ts'
import type { RecoveryStreamOptions } from './recoveryStream.ts'

export interface ServerRecoveryModules extends HandshakeModules {
  readonly auctioneer: Auctioneer
  readonly ledger: Ledger
  readonly logger: Logger
}

/** Unknown keys in a row after which there are no more accounts; one more ends the search. Pool auctioneer/client.go */
const MISSES_ALLOWED = 50
const NO_ORDER = orderNonce(new Uint8Array(32))

/**
 * Asks the auctioneer for the account of each key from the first on. Nothing is stored or followed here: a search that
 * fails leaves no trace. Pool rpcserver.go, account/recovery.go
 */
export async function recoverWithAuctioneer(
  target: number,
  options: RecoveryStreamOptions,
  modules: ServerRecoveryModules,
): Promise<readonly TraderAccount[]> {
  const { auctioneer, wallet, ledger, logger } = modules
  // The stock order of calls: a unary one first, which may have to pay for access.
  await auctioneer.orderState(NO_ORDER).catch((error: unknown) => {
    logger.debug('first call of the recovery refused', { reason: reasonOf(error) })
  })
  await auctioneer.terms()
  const stream = new RecoveryStream(auctioneer.openStream(), options, modules)
  const found: TraderAccount[] = []
  try {
    for (let keyIndex = 0, misses = 0; keyIndex < target && misses <= MISSES_ALLOWED; keyIndex++) {
      const locator = { family: ACCOUNT_KEY_FAMILY, index: keyIndex }
      const key = accountKey(await wallet.keyAt(locator))
      const known = ledger.accounts.get(key)
      if (known !== undefined && !isDoubtful(known)) {
        misses = 0
        continue
      }
      const find = await stream.ask(key, keyIndex)
      if (find.kind === 'unknown') {
        misses++
        continue
      }
      if (find.kind === 'account') misses = 0
      const secret = await wallet.sharedSecret(locator, find.account.auctioneerKey)
      const rebuild = find.kind === 'account' ? accountFromRemote : accountFromReservation
      const account = await settled(rebuild(find.account, { keyIndex, secret }), modules, key)
      if (known === undefined || supersedes(account, known)) found.push(account)
    }
  } finally {
    stream.close()
  }
  return found
}

async function settled(
  recovered: Recovered,
  modules: ServerRecoveryModules,
  account: AccountTerms['key'],
): Promise<TraderAccount> {
  switch (recovered.kind) {
    case 'funded':
      return recovered.account
    case 'searched':
      return searched(recovered, modules)
    case 'unusable': {
      const { reason } = recovered
      throw new TraderError({ code: 'RECOVERY_REFUSED', account, reason }, `recovery: ${reason}; nothing was stored`)
    }
  }
}

/**
 * Its output as the latest transaction or the wallet knows it. Without one it was never funded, and is not now; or its
 * funding waits in mempools for a block, and the wallet, restored from its seed, has yet to see it there.
 */
async function searched(
  { terms, latestTx, outpoint: announcedAt }: Recovered & { readonly kind: 'searched' },
  { wallet }: ServerRecoveryModules,
): Promise<TraderAccount> {
  const known = latestTx !== undefined && fundingOutpoint(terms, latestTx) !== undefined
  const tx = known ? latestTx : await findFunding(terms, wallet)
  const outpoint = tx === undefined ? undefined : fundingOutpoint(terms, tx)
  if (tx === undefined || outpoint === undefined) {
    return { ...terms, kind: 'canceledAfterRecovery', ...(announcedAt === undefined ? {} : { announcedAt }) }
  }
  return { ...terms, kind: 'pendingOpen', outpoint, latestTx: tx, unseen: true }
}
