import { pointFromSecret, sha256, signSchnorr, verifySchnorr } from '@tidepool/crypto'
import { cpuMs, least, print } from './figure.ts'

const ROUNDS = 7
const CHECKS = 200

/**
 * How fast the processor is just now: what a BIP-340 check takes. Shared machines differ from minute to minute, and
 * a batch is measured on both processors for ten seconds.
 */
export function tellProcessor(): void {
  const secret = sha256(Buffer.from('machine'))
  const digest = sha256(secret)
  const key = pointFromSecret(secret).subarray(1)
  const signature = signSchnorr(digest, secret)
  const ms = least(ROUNDS, () =>
    cpuMs(() => {
      for (let i = 0; i < CHECKS; i++) {
        if (!verifySchnorr(digest, key, signature)) throw new Error('a good signature is refused')
      }
    }),
  )
  print({ name: 'machine.schnorrVerify', value: (ms * 1000) / CHECKS, unit: 'us' })
}
