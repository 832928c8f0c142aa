import { parentPort } from 'node:worker_threads'
import { checkPacked } from './packed.ts'

parentPort?.on('message', (packed: Uint8Array) => parentPort?.postMessage(checkPacked(packed)))
