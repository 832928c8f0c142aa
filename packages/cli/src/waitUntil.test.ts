import { describe, expect, it } from 'vitest'
import { badArgument, CliError } from './errors.ts'
import { askUntil, waitMs } from './waitUntil.ts'

const absent = new CliError({ code: 'CREDENTIALS_MISSING', path: '/tls.cert' }, 'cannot read the certificate')

/** Answers one after the other, the last one for good; errors are thrown. */
const answers = (all: readonly unknown[]) => {
  let asked = 0
  return (): Promise<unknown> => {
    const one = all[Math.min(asked++, all.length - 1)]
    return one instanceof Error ? Promise.reject(one) : Promise.resolve(one)
  }
}

describe('--wait', () => {
  it('reads its seconds', () => {
    expect([waitMs(undefined), waitMs(true), waitMs('5')]).toEqual([undefined, 60_000, 5_000])
    expect(() => waitMs('soon')).toThrow('wait: expected a whole number')
  })

  it('goes on while the daemon is not there yet, and until the answer will do', async () => {
    expect(await askUntil(answers([absent, 'not yet', 'done']), (answer) => answer === 'done', 60_000)).toBe('done')
  })

  it('gives the last answer, or says what is missing, when time is up', async () => {
    expect(await askUntil(answers(['not yet']), () => false, 0)).toBe('not yet')
    await expect(askUntil(answers([absent]), () => true, 0)).rejects.toBe(absent)
  })

  it('does not wait out other errors', async () => {
    const wrong = badArgument('network', 'network: expected one of')
    await expect(askUntil(answers([wrong, 'done']), () => true, 60_000)).rejects.toBe(wrong)
  })
})
