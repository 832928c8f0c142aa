import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** Runs when the kernel watches a connection at rest (Linux, `/proc/net/tcp`). */
export const KEEPALIVE_TIMER = '02'
const ESTABLISHED = '01'

/** The kernel's timer of each established connection that a process has with a port at either end. */
export function socketTimers(pid: number | undefined, port: number): readonly string[] {
  const own = new Set(readdirSync(`/proc/${pid}/fd`).flatMap((fd) => inodeOf(`/proc/${pid}/fd/${fd}`)))
  const hex = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return ['tcp', 'tcp6'].flatMap((name) => {
    const rows = readFileSync(`/proc/${pid}/net/${name}`, 'latin1').split('\n').slice(1, -1)
    return rows.flatMap((row) => {
      const [, near = '', far = '', state, , timer = '', , , , inode = ''] = row.trim().split(/\s+/)
      if (state !== ESTABLISHED || !own.has(inode) || !(near.endsWith(hex) || far.endsWith(hex))) return []
      return [timer.slice(0, 2)]
    })
  })
}

/** A file may be closed meanwhile. */
function inodeOf(link: string): readonly string[] {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(link))?.slice(1) ?? []
  } catch {
    return []
  }
}
