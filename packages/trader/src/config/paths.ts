import { homedir, platform } from 'node:os'
import { join, resolve } from 'node:path'
import type { Options } from './schema.ts'

/** Where the stock programs keep their data on this system. Go btcutil.AppDataDir */
function applicationDir(name: string, environment: NodeJS.ProcessEnv): string {
  if (platform() === 'darwin') return join(homedir(), 'Library', 'Application Support', capital(name))
  if (platform() !== 'win32') return join(homedir(), `.${name}`)
  return join(environment['LOCALAPPDATA'] ?? environment['APPDATA'] ?? homedir(), capital(name))
}

const capital = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1)

/** Files and folders of the daemon and of its lnd, as the stock daemon places them. */
export class Places {
  readonly base: string
  readonly network: string
  readonly #lnd: string

  constructor(options: Pick<Options, 'basedir' | 'network'>, environment: NodeJS.ProcessEnv) {
    this.base = pathOr(options.basedir, applicationDir('pool', environment))
    this.network = join(this.base, options.network)
    this.#lnd = applicationDir('lnd', environment)
  }

  get configFile(): string {
    return join(this.network, 'poold.conf')
  }

  lndTls({ 'lnd.tlspath': path }: Pick<Options, 'lnd.tlspath'>): string {
    return pathOr(path, join(this.#lnd, 'tls.cert'))
  }

  /** The single file named, the one in the directory named, or lnd's own. */
  lndMacaroon(options: Pick<Options, 'lnd.macaroondir' | 'lnd.macaroonpath' | 'network'>): string {
    if (options['lnd.macaroondir'] !== '') return join(expand(options['lnd.macaroondir']), 'admin.macaroon')
    const own = join(this.#lnd, 'data', 'chain', 'bitcoin', options.network, 'admin.macaroon')
    return pathOr(options['lnd.macaroonpath'], own)
  }
}

export const pathOr = (path: string, otherwise: string): string => (path === '' ? otherwise : expand(path))

/** `~` as a shell would. */
export function expand(path: string): string {
  return resolve(path.startsWith('~') ? join(homedir(), path.slice(1)) : path)
}
