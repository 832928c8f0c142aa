import {
  SighashCache,
  accountOutput,
  derEncode,
  generateNonce,
  signEcdsa,
  signPartial,
  startSession,
  tweakSecret,
  withSighashAll,
} from '@tidepool/crypto'
import { buildChange, partsOfRequest } from '@tidepool/market'
import type { Account, ModifyRequest } from '@tidepool/market'
import type { ChangeSignature } from '../../src/ports/auctioneer.ts'
import { secretOf } from './samples.ts'

/** The auctioneer's half, from nothing but the account and the request: it rebuilds the transaction by itself. */
export function coSign(account: Account, request: ModifyRequest, count: number): ChangeSignature {
  const { transaction, accountInput } = buildChange(partsOfRequest(account, request))
  const output = accountOutput({ ...account, traderKey: account.key })
  const cache = new SighashCache(transaction, request.prevOutputs)
  const secret = secretOf('auctioneer')
  if (output.kind === 'p2wsh') {
    const digest = cache.segwitV0(accountInput, output.witnessScript)
    const signature = signEcdsa(digest, tweakSecret(secret, output.auctioneerTweak))
    return { signature: withSighashAll(derEncode(signature)), nonces: new Uint8Array() }
  }
  const message = cache.taprootKeyPath(accountInput)
  const random = secretOf(`auctioneer nonce ${count}`)
  const { secretNonce, publicNonce } = generateNonce(random, {
    secretKey: secret,
    publicKey: account.auctioneerKey,
  })
  const session = startSession({ key: output.aggregateKey, message, publicNonces: [publicNonce, request.traderNonces] })
  return { signature: signPartial(session, secretNonce, secret), nonces: publicNonce }
}
