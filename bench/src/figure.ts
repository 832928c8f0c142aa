/** One measured figure; `ratioTo` names what `value` is a multiple of. */
export interface Figure {
  readonly name: string
  readonly value: number
  readonly unit: 'ms' | 'us' | 'B' | 'count' | 'perSecond' | 'ratio' | 'wu' | 'percent'
  readonly ratioTo?: string
  /** Processor milliseconds of each process in that time. */
  readonly cpu?: { readonly [process: string]: number }
}

/** One JSON object per line, so that figures can be collected. */
export function print(figure: Figure): void {
  const value = Number(figure.value.toPrecision(4))
  process.stdout.write(`${JSON.stringify({ ...figure, value })}\n`)
}

/** Processor time of a call in milliseconds: on a shared machine the clock says little. */
export function cpuMs(work: () => void): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

export const least = (count: number, measure: () => number): number =>
  Math.min(...Array.from({ length: count }, () => measure()))
