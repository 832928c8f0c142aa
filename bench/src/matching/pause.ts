import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Worker } from 'node:worker_threads'
import { print } from '../figure.ts'

/** Longest pause of the main loop while a worker clears a million orders. */
export async function measurePause(): Promise<void> {
  const worker = new Worker(new URL('pauseWorker.js', import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: 8192 },
  })
  const says = (): Promise<unknown> => new Promise((resolve) => worker.once('message', resolve))
  await says()
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  const start = performance.now()
  const cleared = says()
  worker.postMessage('clear')
  await cleared
  const elapsed = performance.now() - start
  delay.disable()
  print({ name: 'matching.realistic.1000000.clearInWorker', value: elapsed, unit: 'ms' })
  print({ name: 'matching.realistic.1000000.longestMainLoopPause', value: delay.max / 1e6, unit: 'ms' })
  await worker.terminate()
}
