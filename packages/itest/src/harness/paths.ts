import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Top of the repository; the same from `src` and from `dist`. */
export const repositoryRoot = resolve(dirname(fileURLToPath(import.meta.url)), '../../../..')

const entry = (packageName: string, file: string) => join(repositoryRoot, 'packages', packageName, 'dist', file)

/** Compiled entry points of our programs; `tsc -b` makes them. */
export const programs = {
  auctioneerd: entry('auctioneer', 'main.js'),
  poold: entry('trader', 'main.js'),
  simnetd: entry('simnet', 'main.js'),
  pool: entry('cli', 'pool.js'),
  auctionctl: entry('cli', 'auctionctl.js'),
} as const
