import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Span } from './phases.ts'

/** Of what V8 writes; times in microseconds of the clock that `process.hrtime` reads. */
interface Profile {
  startTime: number
  endTime: number
  samples: number[]
  timeDeltas: number[]
}

/** Leaves in the profiles of the folder only what was seen in the span: set-up takes far longer than what it is for. */
export function cutProfiles(dir: string, span: Span): void {
  const offset = performance.timeOrigin - (Number(process.hrtime.bigint()) / 1e6 - performance.now())
  const [from, to] = [(span.from - offset) * 1000, (span.to - offset) * 1000]
  for (const name of readdirSync(dir).filter((file) => file.endsWith('.cpuprofile'))) {
    const file = join(dir, name)
    const profile = JSON.parse(readFileSync(file, 'utf8')) as Profile
    const samples: number[] = []
    const timeDeltas: number[] = []
    let at = profile.startTime
    for (const [i, delta] of profile.timeDeltas.entries()) {
      at += delta
      if (at < from || at > to) continue
      samples.push(profile.samples[i] ?? 0)
      timeDeltas.push(samples.length === 1 ? 0 : delta)
    }
    writeFileSync(file, JSON.stringify({ ...profile, startTime: from, endTime: to, samples, timeDeltas }))
  }
}
