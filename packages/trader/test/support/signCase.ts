import { accountKey, batchKey, fromHex, satoshi } from '@tidepool/crypto'
import type { AccountKey } from '@tidepool/crypto'
import type { SignRequest } from '@tidepool/market'
import { bytesField, numberField, repeatedField, wireFields } from './protobuf.ts'
import { readVectors } from './verifyCase.ts'

/** What both sides made of one account input in `batch-sign.json`. */
export interface SignedAccount {
  readonly trader_key: string
  readonly version: 0 | 1 | 2
  readonly input_index: number
  readonly sig: string
  readonly sighash: string
  readonly server_nonces?: string
  readonly server_sec_nonces?: string
  readonly trader_nonces: string | null
  readonly trader_sec_nonces?: string
  readonly auctioneer_partial_sig?: string
  readonly final_sig?: string
  readonly final_witness: readonly string[]
}

export interface SignCase {
  readonly kind: 'sign'
  readonly base: string
  readonly prepare_hex: string
  readonly sign_begin_hex: string
  readonly accounts: readonly SignedAccount[]
  readonly txid: string
  readonly final_tx: string
  readonly after: {
    readonly accounts: readonly StagedAccount[]
    readonly orders: readonly { readonly nonce: string; readonly state: number; readonly units_unfulfilled: number }[]
  }
}

export interface StagedAccount {
  readonly trader_key: string
  readonly value: number
  readonly expiry: number
  readonly version: number
  readonly state_name: string
  readonly batch_key: string
  readonly height_hint: number
  readonly outpoint: { readonly txid: string; readonly index: number }
  readonly latest_txid: string
}

export interface SignErrorCase {
  readonly kind: 'sign_error'
  readonly name: string
  readonly base: string
}

const all = (): readonly (SignCase | SignErrorCase)[] => readVectors<SignCase | SignErrorCase>('batch-sign.json')
export const signCases = (): readonly SignCase[] => all().filter((c) => c.kind === 'sign')
export const signErrorCases = (): readonly SignErrorCase[] => all().filter((c) => c.kind === 'sign_error')

/** A raw `OrderMatchSignBegin`. */
export function signRequest(hex: string): SignRequest {
  const fields = wireFields(fromHex(hex))
  const nonces = repeatedField(fields, 2).map((entry): [AccountKey, Uint8Array] => {
    const pair = wireFields(entry)
    return [accountKey(Buffer.from(bytesField(pair, 1)).toString()), bytesField(pair, 2)]
  })
  const prevOutputs = repeatedField(fields, 3).map((entry) => {
    const output = wireFields(entry)
    return { value: satoshi(numberField(output, 1)), script: bytesField(output, 2) }
  })
  return { batchId: batchKey(bytesField(fields, 1)), serverNonces: new Map(nonces), prevOutputs }
}
