import fc from 'fast-check'

/** What happens to bytes on their way: flipped, cut, doubled, filled in, overwritten. */
type Mutation =
  | { readonly kind: 'flip'; readonly at: number; readonly bit: number }
  | { readonly kind: 'set'; readonly at: number; readonly byte: number }
  | { readonly kind: 'cut'; readonly at: number; readonly length: number }
  | { readonly kind: 'double'; readonly at: number; readonly length: number }
  | { readonly kind: 'insert'; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: 'end'; readonly at: number }

const place = fc.nat({ max: 0xffff })
const length = fc.nat({ max: 40 })

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.record({ kind: fc.constant('flip' as const), at: place, bit: fc.nat({ max: 7 }) }),
  fc.record({ kind: fc.constant('set' as const), at: place, byte: fc.constantFrom(0, 1, 0x7f, 0x80, 0xff) }),
  fc.record({ kind: fc.constant('cut' as const), at: place, length }),
  fc.record({ kind: fc.constant('double' as const), at: place, length }),
  fc.record({ kind: fc.constant('insert' as const), at: place, bytes: fc.uint8Array({ maxLength: 12 }) }),
  fc.record({ kind: fc.constant('end' as const), at: place }),
)

function mutate(bytes: Uint8Array, change: Mutation): Uint8Array {
  const at = bytes.length === 0 ? 0 : change.at % bytes.length
  switch (change.kind) {
    case 'flip':
      return bytes.map((byte, i) => (i === at ? byte ^ (1 << change.bit) : byte))
    case 'set':
      return bytes.map((byte, i) => (i === at ? change.byte : byte))
    case 'cut':
      return join(bytes.subarray(0, at), bytes.subarray(at + change.length))
    case 'double':
      return join(bytes.subarray(0, at + change.length), bytes.subarray(at))
    case 'insert':
      return join(bytes.subarray(0, at), change.bytes, bytes.subarray(at))
    case 'end':
      return bytes.subarray(0, at)
  }
}

const join = (...parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(Buffer.concat(parts))

/** One of the seeds, mostly after a few mutations, sometimes as it is; now and then noise. */
export const mutated = (seed: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> =>
  fc.oneof(
    { weight: 2, arbitrary: seed },
    {
      weight: 7,
      arbitrary: fc
        .tuple(seed, fc.array(mutation, { minLength: 1, maxLength: 4 }))
        .map(([bytes, changes]) => changes.reduce(mutate, bytes)),
    },
    fc.uint8Array({ maxLength: 200 }),
  )
