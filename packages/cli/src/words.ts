const SMALL = (
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen ' +
  'seventeen eighteen nineteen'
).split(' ')
const TENS = '- - twenty thirty forty fifty sixty seventy eighty ninety'.split(' ')
const SCALES = ['', ' thousand', ' million', ' billion', ' trillion', ' quadrillion', ' quintillion'] as const

function belowHundred(value: number): string {
  if (value < 20) return SMALL[value] ?? ''
  const rest = value % 10
  return `${TENS[Math.floor(value / 10)] ?? ''}${rest === 0 ? '' : `-${SMALL[rest] ?? ''}`}`
}

function belowThousand(value: number): string {
  const [hundreds, rest] = [Math.floor(value / 100), value % 100]
  if (hundreds === 0) return belowHundred(rest)
  const head = `${SMALL[hundreds] ?? ''} hundred`
  return rest === 0 ? head : `${head} and ${belowHundred(rest)}`
}

/** A number in English words, so that a slip of a digit is seen: `one million two hundred thousand`. */
export function inWords(value: bigint): string {
  if (value < 0n) return `minus ${inWords(-value)}`
  if (value === 0n) return 'zero'
  const parts: string[] = []
  for (let rest = value, scale = 0; rest > 0n; rest /= 1000n, scale++) {
    const group = Number(rest % 1000n)
    if (group > 0) parts.unshift(`${belowThousand(group)}${SCALES[scale] ?? ''}`)
  }
  return parts.join(' ')
}

/** `one hundred thousand satoshis`. */
export const satsInWords = (sat: bigint): string => `${inWords(sat)} ${sat === 1n ? 'satoshi' : 'satoshis'}`
