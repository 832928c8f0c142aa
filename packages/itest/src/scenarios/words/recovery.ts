import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { TraderDaemon } from '../../harness/traderDaemon.ts'
import type { AccountAnswer } from './answers.ts'

/** What a recovery must bring back of an account, whatever state it is in. */
export type Remembered = Pick<AccountAnswer, 'trader_key' | 'outpoint' | 'value' | 'expiration_height' | 'version'>

/** Every account of the trader, closed ones too. */
export async function rememberAll(trader: TraderDaemon): Promise<readonly Remembered[]> {
  const { accounts } = (await trader.pool('accounts', 'list', '--show_archived')) as {
    readonly accounts: readonly AccountAnswer[]
  }
  return accounts
    .map(({ trader_key, outpoint, value, expiration_height, version }) => ({
      ...{ trader_key, outpoint, value, expiration_height, version },
    }))
    .toSorted((a, b) => (a.trader_key < b.trader_key ? -1 : 1))
}

/** Accounts that hold coins. */
export async function rememberOpen(trader: TraderDaemon): Promise<readonly Remembered[]> {
  const { accounts } = (await trader.pool('accounts', 'list')) as { readonly accounts: readonly AccountAnswer[] }
  const keys = new Set(accounts.map(({ trader_key: key }) => key))
  return (await rememberAll(trader)).filter(({ trader_key: key }) => keys.has(key))
}

/** The daemon's folder is gone, and the daemon starts again with a new one. */
export async function loseData(trader: TraderDaemon): Promise<void> {
  await trader.kill()
  rmSync(trader.baseDir, { recursive: true, force: true })
  await trader.start()
}

export async function recover(trader: TraderDaemon, ...flags: readonly string[]): Promise<number> {
  const answer = (await trader.pool('accounts', 'recover', ...flags)) as { readonly num_recovered_accounts: number }
  return answer.num_recovered_accounts
}

export interface KitFiles {
  readonly json: KitJson
  readonly script: string
}

/** What scenarios read of a kit. */
export interface KitJson {
  readonly account: { readonly trader_key: string; readonly value_sat: number; readonly expiry_height: number }
  readonly output: { readonly outpoint: string; readonly script: string }
  readonly key: { readonly auctioneer_key: string; readonly derivation_path: string }
  readonly sweep_to: { readonly script: string }
  readonly sweeps: readonly {
    readonly sat_per_vbyte: number
    readonly fee_sat: number
    readonly value_sat: number
    readonly unsigned_tx: string
  }[]
}

/** Writes exit kits and reads them back. */
export async function writeKits(trader: TraderDaemon, dir: string): Promise<readonly KitFiles[]> {
  const { files } = (await trader.pool('accounts', 'exitkit', `--dir=${dir}`)) as { readonly files: readonly string[] }
  return files
    .filter((path) => path.endsWith('.json'))
    .map((path) => ({
      json: JSON.parse(readFileSync(path, 'utf8')) as KitJson,
      script: path.replace(/\.json$/, '.sh'),
    }))
}

/** A folder for kits in the stack's. */
export const kitFolder = (stack: { readonly dir: string }, name: string): string => join(stack.dir, 'exitkits', name)
