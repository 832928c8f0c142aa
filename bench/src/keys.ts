import { pointFromSecret, sha256, toHex, type AccountKey, type NodeKey, type PubKey } from '@tidepool/crypto'

const points = new Map<string, string>()

/** The same point for the same words, always; one of its own for each use. */
function pointOf(words: string): string {
  const known = points.get(words)
  if (known !== undefined) return known
  const point = toHex(pointFromSecret(sha256(Buffer.from(words))))
  points.set(words, point)
  return point
}

export const fundingKeyOf = (words: string): PubKey => pointOf(`funding ${words}`) as PubKey
export const accountKeyOf = (number: number): AccountKey => pointOf(`account ${number}`) as AccountKey
export const nodeKeyOf = (number: number): NodeKey => pointOf(`node ${number}`) as NodeKey
