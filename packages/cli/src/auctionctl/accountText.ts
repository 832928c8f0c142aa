import type { tidepool } from '@tidepool/rpc'
import { grouped, toHex } from '../format.ts'
import { facts, table } from '../output.ts'

const STEP_COLUMNS = [
  ['BLOCK', 'right'],
  ['EVENT', 'left'],
  ['STATE AFTER IT', 'left'],
  ['VALUE (SAT)', 'right'],
  ['EXPIRY', 'right'],
  ['VERSION', 'right'],
  ['OUTPOINT', 'left'],
] as const

const stepRow = (step: tidepool.AdminAccountStep): string[] => [
  String(step.blockHeight),
  step.event,
  step.state,
  grouped(step.valueSat),
  String(step.expiry),
  String(step.version),
  `${step.txid}:${step.outputIndex}`,
]

const changeLine = (change: tidepool.AdminSignedChange): readonly [string, string] => [
  change.kind,
  change.kind === 'close'
    ? `${change.txid}, signed at ${change.signedAtHeight}`
    : `${change.txid}, signed at ${change.signedAtHeight}: ${grouped(change.valueSat)} sat until ${change.expiry}, version ${change.version}`,
]

/** One account for people: what it is, why, what was signed of it, and its life. */
export function accountText({ account, why, steps, signedChanges, openOrders }: tidepool.GetAccountResponse): string {
  if (account === undefined) return 'no account'
  const about = facts([
    ['account', toHex(account.accountKey)],
    ['state', account.state],
    ['why', why],
    [
      'value',
      `${grouped(account.valueSat)} sat, ${grouped(account.reservedSat)} reserved by ${openOrders.length} orders`,
    ],
    ['expiry', String(account.expiry)],
    ['version', String(account.version)],
    ['output', `${account.txid}:${account.outputIndex}`],
    ['user agent', account.userAgent],
  ])
  const signed = signedChanges.length === 0 ? [] : [`signed, in no block:\n${facts(signedChanges.map(changeLine))}`]
  return [about, ...signed, table(STEP_COLUMNS, steps.map(stepRow))].join('\n\n')
}
