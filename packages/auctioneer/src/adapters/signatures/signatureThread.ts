import { parentPort } from 'node:worker_threads'
import { checkPacked } from './packed.ts'

parentPort?.on('message', (packed: Uint8Array) => {
  const verdicts = checkPacked(packed)
  parentPort?.postMessage(verdicts, [verdicts.buffer])
})
