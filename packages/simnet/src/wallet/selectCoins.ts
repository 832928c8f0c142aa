import type { Coin } from '../chain/coin.ts'
import { dustLimit } from '../chain/policy.ts'
import type { AddressKind } from './addressBook.ts'

/** Weight of a spending input, signature included, by the kind of output it spends. */
const INPUT_WEIGHT: Record<AddressKind, number> = { p2wkh: 273, nested: 365, p2tr: 230 }
const BASE_WEIGHT = 4 * 8 + 2 + 4 * 2

export const outputWeight = (script: Uint8Array): number => 4 * (8 + 1 + script.length)

export interface Selection {
  readonly coins: readonly Coin[]
  readonly fee: bigint
  /** 0 when there is none worth making. */
  readonly change: bigint
}

export interface SelectionRequest {
  /** Candidates with the kind of key that signs for them. */
  readonly candidates: readonly (Coin & { readonly kind: AddressKind })[]
  readonly amount: bigint
  /** Weight of the outputs wanted and of inputs already there. */
  readonly weight: number
  readonly feeRate: bigint
  readonly changeScript: Uint8Array
}

export const feeOf = (weight: number, satPerKw: bigint): bigint => (BigInt(weight) * satPerKw + 999n) / 1000n

/** Largest coins first, until amount and fee are covered; undefined when the wallet holds too little. */
export function selectCoins(request: SelectionRequest): Selection | undefined {
  const sorted = request.candidates.toSorted(largestFirst)
  const changeWeight = outputWeight(request.changeScript)
  const picked: Coin[] = []
  let total = 0n
  let inputs = 0
  for (const coin of sorted) {
    picked.push(coin)
    total += coin.value
    inputs += INPUT_WEIGHT[coin.kind]
    const bare = feeOf(BASE_WEIGHT + request.weight + inputs, request.feeRate)
    if (total < request.amount + bare) continue
    const fee = feeOf(BASE_WEIGHT + request.weight + inputs + changeWeight, request.feeRate)
    const change = total - request.amount - fee
    if (change >= dustLimit(request.changeScript)) return { coins: picked, fee, change }
    return { coins: picked, fee: total - request.amount, change: 0n }
  }
  return undefined
}

function largestFirst(a: Coin, b: Coin): number {
  if (a.value !== b.value) return a.value > b.value ? -1 : 1
  return a.txid === b.txid ? a.index - b.index : a.txid < b.txid ? -1 : 1
}
