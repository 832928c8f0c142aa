import { parentPort } from 'node:worker_threads'
import type { MatcherRequest } from './messages.ts'
import { serveMatcher } from './serveMatcher.ts'

const serve = serveMatcher()
parentPort?.on('message', (request: MatcherRequest) => {
  const reply = serve(request)
  if (reply !== undefined) parentPort?.postMessage(reply)
})
