// The .proto files live at the top of the repository; a packed tarball needs its own. `--undo` takes the copy back.
import { cpSync, rmSync } from 'node:fs'

const copy = new URL('../proto', import.meta.url)
rmSync(copy, { recursive: true, force: true })
if (!process.argv.includes('--undo')) cpSync(new URL('../../../proto', import.meta.url), copy, { recursive: true })
