import type { ManagedProcess } from '../../harness/process.ts'

interface Daemon {
  readonly process: ManagedProcess
}

/** The daemon hangs: connected as before, it reads and answers nothing. */
export function freeze({ process: { pid } }: Daemon): void {
  if (pid === undefined) throw new Error('the daemon is not there')
  process.kill(pid, 'SIGSTOP')
}

/** It goes on where it was. */
export function thaw({ process: { pid } }: Daemon): void {
  if (pid !== undefined) process.kill(pid, 'SIGCONT')
}
