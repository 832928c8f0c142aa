import { accountKey, batchKey, decodeTx, formatOutPoint, fromHex, satoshi, toHex } from '@tidepool/crypto'
import type { AccountKey, BatchKey, OutPointText, Transaction } from '@tidepool/crypto'
import { decodeMessage } from '@tidepool/rpc'
import { clientMessage, serverMessage } from './messages.ts'
import { fieldsOf, listIn, numberIn, textIn, textsIn } from './recording.ts'
import type { Fields, RecordedMessage, Recording } from './recording.ts'

/** One account in the auctioneer's notes on a batch. */
export interface BatchAccountNote {
  readonly trader: string
  readonly key: AccountKey
  readonly versionBefore: number
  readonly versionAfter: number
  readonly expiryAfter: number
  readonly before: bigint
  readonly batchKeyBefore: BatchKey
}

/** What the auctioneer noted when it built a batch. */
export interface BatchNote {
  readonly feeRate: number
  readonly heightHint: number
  readonly accounts: readonly BatchAccountNote[]
  /** Every order it matched. */
  readonly orders: readonly string[]
  /** An account key for each input of the transaction, `auctioneer` for the auctioneer's own. */
  readonly inputs: readonly string[]
}

/** A batch put together from notes and messages of one recording. */
export interface RecordedBatch extends BatchNote {
  readonly unsigned: Transaction
  readonly signed: Transaction
  readonly prevOutputs: readonly { readonly value: bigint; readonly pkScript: Uint8Array }[]
  readonly serverNonces: ReadonlyMap<AccountKey, Uint8Array>
}

const messagesOf = ({ events }: Recording): readonly RecordedMessage[] =>
  events.filter((event) => event.kind === 'message')

const streamOf = (recording: Recording): readonly RecordedMessage[] =>
  messagesOf(recording).filter(({ rpc }) => rpc === 'SubscribeBatchAuction')

/** Challenges by the commitment they answer. */
export function challengesOf(recording: Recording): ReadonlyMap<string, Uint8Array> {
  const challenges = new Map<string, Uint8Array>()
  for (const message of streamOf(recording).filter(({ from }) => from === 'auctioneer')) {
    const { msg } = serverMessage(message)
    if (msg?.case === 'challenge') challenges.set(toHex(msg.value.commitHash), msg.value.challenge)
  }
  return challenges
}

/** Signatures of every kind by the stock client's lnd, by account. */
export function signaturesOf(
  recording: Recording,
): readonly { readonly key: AccountKey; readonly signature: Uint8Array }[] {
  return streamOf(recording).flatMap((message) => {
    if (message.from !== 'trader') return []
    const { msg } = clientMessage(message)
    if (msg?.case !== 'subscribe') return []
    return [{ key: accountKey(msg.value.traderKey), signature: msg.value.authSig }]
  })
}

/** The batch of a recording, if it has one. */
export function batchOf(recording: Recording): RecordedBatch | undefined {
  const notes = recording.events.filter((event) => event.kind === 'note')
  const built = notes.find(({ note }) => note === 'batch')
  const complete = notes.find(({ note }) => note === 'signatures checked, transaction complete')
  if (built === undefined || complete === undefined) return undefined
  const serverNonces = new Map<AccountKey, Uint8Array>()
  let prevOutputs: RecordedBatch['prevOutputs'] = []
  let unsigned = new Uint8Array()
  for (const message of streamOf(recording).filter(({ from }) => from === 'auctioneer')) {
    const { msg } = serverMessage(message)
    if (msg?.case === 'prepare') unsigned = new Uint8Array(msg.value.batchTransaction)
    if (msg?.case !== 'sign') continue
    prevOutputs = [...msg.value.prevOutputs]
    for (const [key, nonce] of msg.value.serverNonces) serverNonces.set(accountKey(key), nonce)
  }
  const signed = decodeTx(fromHex(textIn(complete.data, 'final_tx')))
  return { ...noteOf(built.data), unsigned: decodeTx(unsigned), signed, prevOutputs, serverNonces }
}

function noteOf(data: Fields): BatchNote {
  return {
    feeRate: numberIn(data, 'fee_rate_sat_per_kw'),
    heightHint: numberIn(data, 'height_hint'),
    inputs: textsIn(data, 'inputs'),
    orders: listIn(data, 'matches').flatMap((match) => [
      textIn(fieldsOf(match), 'ask'),
      textIn(fieldsOf(match), 'bid'),
    ]),
    accounts: listIn(data, 'accounts').map((value) => {
      const account = fieldsOf(value)
      return {
        trader: textIn(account, 'trader'),
        key: accountKey(textIn(account, 'account')),
        versionBefore: numberIn(account, 'version_before'),
        versionAfter: numberIn(account, 'version_after'),
        expiryAfter: numberIn(account, 'expiry_after'),
        before: satoshi(numberIn(account, 'before')),
        batchKeyBefore: batchKey(textIn(account, 'batch_key_before')),
      }
    }),
  }
}

/** Changes of expiry and version that a recording's batch makes, by account. */
export function changesOf(
  recording: Recording,
): ReadonlyMap<AccountKey, { readonly newExpiry: number; readonly newVersion: number }> {
  const changes = new Map<AccountKey, { readonly newExpiry: number; readonly newVersion: number }>()
  for (const message of streamOf(recording).filter(({ from }) => from === 'auctioneer')) {
    const { msg } = serverMessage(message)
    if (msg?.case !== 'prepare') continue
    for (const { traderKey, newExpiry, newVersion } of msg.value.chargedAccounts) {
      changes.set(accountKey(traderKey), { newExpiry, newVersion })
    }
  }
  return changes
}

/** The auctioneer's half of a signature over a change of a taproot account. */
export interface RecordedHalf {
  readonly publicNonce: Uint8Array
  readonly signature: Uint8Array
}

/** The auctioneer's halves of a recording's changes, in order, by account. */
export function halvesOf(recording: Recording): ReadonlyMap<AccountKey, readonly RecordedHalf[]> {
  const halves = new Map<AccountKey, readonly RecordedHalf[]>()
  let asked: AccountKey | undefined
  for (const message of messagesOf(recording).filter(({ rpc }) => rpc === 'ModifyAccount')) {
    if (message.from === 'trader') {
      asked = accountKey(decodeMessage('poolrpc.ServerModifyAccountRequest', message.raw).traderKey)
      continue
    }
    const { accountSig, serverNonces } = decodeMessage('poolrpc.ServerModifyAccountResponse', message.raw)
    if (asked === undefined || serverNonces.length === 0) continue
    halves.set(asked, [...(halves.get(asked) ?? []), { publicNonce: serverNonces, signature: accountSig }])
  }
  return halves
}

/** What each input of the batch spends, in the notes' words. */
export const inputsOf = (batch: RecordedBatch): ReadonlyMap<OutPointText, string> =>
  new Map(batch.unsigned.inputs.map(({ prevout }, i) => [formatOutPoint(prevout), batch.inputs[i] ?? '']))
