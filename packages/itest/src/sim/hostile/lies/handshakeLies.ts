import type { ServerMessage } from '@tidepool/auctioneer'
import { blockHeight } from '@tidepool/crypto'
import { telling } from '../lie.ts'
import type { Lie, Scene, Told, Words } from '../lie.ts'
import { accountOf } from './tools.ts'

const at = <K extends ServerMessage['kind']>(
  kind: K,
  words: Words,
  tell: (message: Extract<ServerMessage, { readonly kind: K }>, scene: Scene) => readonly Told[],
): Lie =>
  telling('handshake', words, (message, scene) =>
    message.kind === kind ? tell(message as Extract<ServerMessage, { readonly kind: K }>, scene) : undefined,
  )

const challenge = (words: Words, bytes: Uint8Array): Lie =>
  at('challenge', words, (message) => [{ ...message, challenge: bytes }])

/** Version, rate, amount, duration, fee rate and minimum of an ask: what would stand behind its nonce. */
function ask(version: number): Uint8Array {
  const bytes = new Uint8Array(32).fill(1)
  bytes.set([0, 0, 0, version])
  return bytes
}

/** Answers to a subscription. */
export const HANDSHAKE_LIES: readonly Lie[] = [
  challenge(['a challenge that makes an ask of version 1 of our answer', 'CHALLENGE_IS_ORDER', 'accepted'], ask(1)),
  challenge(['a challenge that makes an ask of version 4 of our answer', 'CHALLENGE_IS_ORDER', 'accepted'], ask(4)),
  challenge(['a challenge of 31 bytes', 'SUBSCRIPTION_REFUSED', 'accepted'], new Uint8Array(31).fill(7)),
  challenge(['a challenge of 64 bytes', 'SUBSCRIPTION_REFUSED', 'not known'], new Uint8Array(64).fill(7)),
  challenge(['no challenge in the challenge', 'SUBSCRIPTION_REFUSED', 'accepted'], new Uint8Array()),
  at('challenge', ['a challenge to another commitment', 'SUBSCRIPTION_REFUSED', 'stops'], (message) => [
    { ...message, commitHash: message.commitHash.map((byte) => byte ^ 1) },
  ]),
  at('challenge', ['a success before the signature', 'SUBSCRIPTION_REFUSED', 'not known'], (_, { victim }) => [
    { kind: 'success', traderKey: victim.key },
  ]),
  at('challenge', ['no answer to a commitment', 'AUCTION_STREAM_DOWN', 'deaf'], () => []),
  at('success', ['no answer to a subscription', 'AUCTION_STREAM_DOWN', 'deaf', { batchGoesOn: true }], () => []),
  at(
    'success',
    ['a success for another account', 'SUBSCRIPTION_REFUSED', 'stops', { batchGoesOn: true }],
    (_, { other }) => [{ kind: 'success', traderKey: other.key }],
  ),
  at('success', ['a success twice', 'MESSAGE_UNASKED', 'deaf', { batchGoesOn: true }], (message) => [message, message]),
  at(
    'success',
    ['an open account said to be unknown', 'SUBSCRIPTION_REFUSED', 'stops', { batchGoesOn: true }],
    ({ traderKey }) => [{ kind: 'accountUnknown', traderKey }],
  ),
  at(
    'success',
    ['an open account said to be reserved only', 'SUBSCRIPTION_REFUSED', 'stops', { batchGoesOn: true }],
    ({ traderKey }, scene) => {
      const { value, version, expiry, auctioneerKey, batchKey } = accountOf(scene)
      const heightHint = blockHeight(scene.world.stage.chain.height)
      const told = { value, version, expiry, auctioneerKey, batchKey, heightHint, traderKey, outpoint: undefined }
      const reservation = { ...told, state: 'pendingOpen', latestTx: new Uint8Array() } as const
      return [{ kind: 'accountReserved', traderKey, reservation }]
    },
  ),
  at('success', ['an error of no code', 'SUBSCRIPTION_REFUSED', 'stops', { batchGoesOn: true }], () => [
    { wire: { msg: { case: 'error', value: { errorCode: 'UNKNOWN', error: 'no' } } } },
  ]),
]
