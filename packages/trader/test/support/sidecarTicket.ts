const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
const RECIPIENT = 20
const RECIPIENT_NODE = 21
const RECIPIENT_MULTI_SIG_KEY = 22

/** Recipient keys of a ticket in a vector, read independently of the product's own ticket code. */
export function ticketRecipient(text: string): { node: Uint8Array; multiSigKey: Uint8Array } | undefined {
  const recipient = records(payload(text)).get(RECIPIENT)
  if (recipient === undefined) return undefined
  const fields = records(recipient)
  const [node, multiSigKey] = [fields.get(RECIPIENT_NODE), fields.get(RECIPIENT_MULTI_SIG_KEY)]
  return node === undefined || multiSigKey === undefined ? undefined : { node, multiSigKey }
}

/** Base58 behind the prefix, without version byte and checksum. */
function payload(text: string): Uint8Array {
  let value = 0n
  for (const digit of text.slice('sidecar1'.length)) value = value * 58n + BigInt(ALPHABET.indexOf(digit))
  const hex = value.toString(16)
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')
  return bytes.subarray(0, bytes.length - 4)
}

function records(stream: Uint8Array): ReadonlyMap<number, Uint8Array> {
  const found = new Map<number, Uint8Array>()
  for (let at = 0; at < stream.length;) {
    const length = stream[at + 1] ?? 0
    found.set(stream[at] ?? 0, stream.subarray(at + 2, at + 2 + length))
    at += 2 + length
  }
  return found
}
