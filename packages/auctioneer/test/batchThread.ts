import { MessageChannel } from 'node:worker_threads'
import { checkJobs } from '../src/adapters/signatures/batchChecks.ts'
import type { BatchJob } from '../src/adapters/signatures/batchChecks.ts'
import type { BatchThread } from '../src/adapters/signatures/threadBatchSignatures.ts'

/** The thread's end of a real message channel; a job that throws ends it, as it does a thread. */
export function threadOver(asked: (readonly BatchJob[])[] = []): BatchThread {
  const { port1, port2 } = new MessageChannel()
  let die: (error: unknown) => void = () => undefined
  port2.on('message', (jobs: readonly BatchJob[]) => {
    asked.push(jobs)
    try {
      port2.postMessage(checkJobs(jobs))
    } catch (error) {
      die(error)
    }
  })
  return {
    postMessage: (jobs) => port1.postMessage(jobs),
    onReply: (listener) => port1.on('message', listener),
    onError: (listener) => (die = listener),
    terminate: () => port1.close(),
  }
}
