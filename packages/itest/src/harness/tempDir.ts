import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A new folder of one run; short, because Unix socket paths are. */
export const makeRunDir = (): string => mkdtempSync(join(tmpdir(), 'tidepool-'))
