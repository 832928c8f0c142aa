// Where programs that we build or fetch are kept, and who may change it.
import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export const cache = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'tidepool', 'daemons')

export const say = (text) => process.stderr.write(`${text}\n`)

/** One build at a time; a lock whose owner is gone counts for nothing. Resolves to what releases it. */
export async function lock(file, done) {
  let told = false
  for (;;) {
    try {
      const handle = openSync(file, 'wx')
      writeSync(handle, String(process.pid))
      closeSync(handle)
      return () => rmSync(file, { force: true })
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
    }
    if (done()) return () => {}
    if (!ownerLives(file)) rmSync(file, { force: true })
    else {
      if (!told) say('another build is under way, waiting for it')
      told = true
      await sleep(1000)
    }
  }
}

function ownerLives(file) {
  try {
    const pid = Number(readFileSync(file, 'utf8'))
    // The owner may not have written its number yet: give it the benefit of the doubt.
    return pid === 0 || process.kill(pid, 0)
  } catch (error) {
    return error.code === 'EPERM'
  }
}
