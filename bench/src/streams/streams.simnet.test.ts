import { expect, test } from 'vitest'
import { measureStreams } from './run.ts'

test.each([false, true])('fifty traders are told and all come back (TLS: %s)', async (tls) => {
  const measured = await measureStreams({ traders: 50, tls, idleMs: 1, processes: 1 })
  expect(measured).toMatchObject({ subscribed: 50, prepared: 50, reconnected: 50, refused: 0 })
})
