import type { Command } from 'commander'
import { outputOf, withTrader } from '../context.ts'
import { grouped, toHex } from '../format.ts'
import { plainJson, table } from '../output.ts'
import type { poolrpc } from '@tidepool/rpc'

/** A token's id stands in its identifier, after version and payment hash. L402 §macaroon identifier */
function tokenId({ baseMacaroon, paymentHash }: poolrpc.LsatToken): string {
  const bytes = toHex(baseMacaroon)
  const hash = toHex(paymentHash)
  const at = hash === '' ? -1 : bytes.indexOf(`0000${hash}`)
  return at < 0 ? '' : bytes.slice(at + 4 + hash.length, at + 4 + hash.length + 64)
}

const tokenJson = (token: poolrpc.LsatToken) => ({
  id: tokenId(token),
  valid_until: '',
  base_macaroon: toHex(token.baseMacaroon),
  payment_hash: toHex(token.paymentHash),
  payment_preimage: toHex(token.paymentPreimage),
  amount_paid_msat: token.amountPaidMsat,
  routing_fee_paid_msat: token.routingFeePaidMsat,
  time_created: new Date(Number(token.timeCreated) * 1000).toISOString().replace('.000Z', 'Z'),
  expired: token.expired,
  file_name: token.storageName,
})

const COLUMNS = [
  ['TOKEN', 'left'],
  ['PAID (MSAT)', 'right'],
  ['ROUTING (MSAT)', 'right'],
  ['CREATED', 'left'],
  ['FILE', 'left'],
] as const

export function addListAuth(program: Command): void {
  program
    .command('listauth')
    .description("list the tokens paid for the auctioneer's API")
    .action(async (_flags: unknown, command: Command) => {
      const { tokens } = await withTrader(command, (client) => client.getLsatTokens({}))
      const out = outputOf(command)
      const all = tokens.map(tokenJson)
      if (out.json) return out.write(plainJson(all))
      const rows = all.map((one) => [
        ...[one.id, grouped(one.amount_paid_msat), grouped(one.routing_fee_paid_msat)],
        ...[one.time_created, one.file_name],
      ])
      out.write(rows.length === 0 ? 'no tokens: the auctioneer asks for none so far' : table(COLUMNS, rows))
    })
}
