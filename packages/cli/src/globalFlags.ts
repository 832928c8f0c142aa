import { Option, type Command } from 'commander'

interface Defaults {
  /** Prefix of the environment variables. */
  readonly environment: string
  readonly rpcserver: string
  readonly basedir: string
}

/** Where the daemon is, and how to answer: the same for both programs. */
export function addGlobalFlags(program: Command, { environment, rpcserver, basedir }: Defaults): void {
  const setting = (flags: string, description: string, preset?: string): void => {
    const name = /--([a-z]+)/.exec(flags)?.[1] ?? ''
    const option = new Option(flags, description).env(`${environment}_${name.toUpperCase()}`)
    program.addOption(preset === undefined ? option : option.default(preset))
  }
  setting('--rpcserver <host:port>', "the daemon's port for this program", rpcserver)
  setting('-n, --network <name>', 'mainnet, testnet, regtest or simnet', 'mainnet')
  setting('--basedir <dir>', "the daemon's base directory", basedir)
  setting('--tlscertpath <file>', "the daemon's certificate, if not below the base directory")
  setting('--macaroonpath <file>', 'the macaroon, if not below the base directory')
  program.option('--json', 'answer in JSON (the default when the output is not a terminal)')
  setting('--table', 'answer in tables even when the output is not a terminal')
  program.option('--get <path>', 'print one value of the JSON answer, for scripts: accounts.0.trader_key')
}
