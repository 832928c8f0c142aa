import { readFileSync } from 'node:fs'

/** The longest stretches between two turns of the main loop. */
export interface Pauses {
  /** By the clock: on a busy machine also what other programs took. */
  readonly wallMs: number
  /** Processor time of the main thread alone; undefined where the system does not tell. */
  readonly workMs: number | undefined
}

/** Looks each millisecond how long the main loop was away while something runs. */
export async function pausesDuring(run: () => Promise<unknown>): Promise<Pauses> {
  let [wallMs, workMs] = [0, 0]
  let last = performance.now()
  let lastWork = threadMs()
  const look = (): void => {
    const [now, work] = [performance.now(), threadMs()]
    wallMs = Math.max(wallMs, now - last)
    workMs = Math.max(workMs, (work ?? 0) - (lastWork ?? 0))
    ;[last, lastWork] = [now, work]
  }
  const timer = setInterval(look, 1)
  await run()
  look()
  clearInterval(timer)
  return { wallMs, workMs: lastWork === undefined ? undefined : workMs }
}

/** Time the main thread has spent on a processor, as Linux counts it. */
function threadMs(): number | undefined {
  try {
    return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6
  } catch {
    return undefined
  }
}
