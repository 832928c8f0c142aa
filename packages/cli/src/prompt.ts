import { createInterface } from 'node:readline'

/** Asks until `yes` or `no`; the end of the input is a no. */
export async function confirm(question: string): Promise<boolean> {
  const lines = createInterface({ input: process.stdin })
  try {
    process.stderr.write(question)
    for await (const line of lines) {
      const answer = line.trim().toLowerCase()
      if (answer === 'yes') return true
      if (answer === 'no') return false
      process.stderr.write(question)
    }
    return false
  } finally {
    lines.close()
  }
}
