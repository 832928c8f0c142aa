/** How much is simulated. The only place that reads the environment. */
export interface SimSize {
  /** Random lives of accounts. */
  readonly lives: number
  /** Random batches. */
  readonly batches: number
  /** Number of the first of either. */
  readonly first: number
  /** In tables, every trouble at every call; else at calls that store, sign, publish or promise something. */
  readonly everyCall: boolean
}

export function simSize(env: Readonly<Record<string, string | undefined>> = process.env): SimSize {
  return {
    lives: countOf(env, 'TIDEPOOL_SIM_LIVES', 1000),
    batches: countOf(env, 'TIDEPOOL_SIM_BATCHES', 60),
    first: countOf(env, 'TIDEPOOL_SIM_FIRST', 0),
    everyCall: env['TIDEPOOL_SIM_TABLES'] === 'all',
  }
}

function countOf(env: Readonly<Record<string, string | undefined>>, name: string, usual: number): number {
  const text = env[name]
  if (text === undefined || text === '') return usual
  const value = Number(text)
  if (Number.isSafeInteger(value) && value >= 0) return value
  throw new Error(`${name}=${text}: a whole number from 0 on`)
}
