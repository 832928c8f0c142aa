import { parentPort } from 'node:worker_threads'
import { checkJobs } from './batchChecks.ts'
import type { BatchJob } from './batchChecks.ts'

parentPort?.on('message', (jobs: readonly BatchJob[]) => parentPort?.postMessage(checkJobs(jobs)))
