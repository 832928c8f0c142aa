import { parentPort } from 'node:worker_threads'
import type { PartialJob } from '../../core/signing.ts'
import { checkPartials } from './partials.ts'

parentPort?.on('message', (jobs: readonly PartialJob[]) => parentPort?.postMessage(checkPartials(jobs)))
