import type { Command } from 'commander'
import { messageJson, outputOf } from '../context.ts'
import { grouped } from '../format.ts'
import { facts } from '../output.ts'
import { parseHex, parseUint, parseUint32, satPerKwFromVByte } from '../parse.ts'
import { batchText, chainText, progressLines, runText } from './batchText.ts'
import { withAdmin } from './context.ts'

async function list(flags: { limit: string }, command: Command): Promise<void> {
  const answer = await withAdmin(command, (client) => client.listBatches({ limit: parseUint32('limit', flags.limit) }))
  const out = outputOf(command)
  if (out.json) return out.write(messageJson('tidepool.ListBatchesResponse', answer))
  out.write(answer.batches.length === 0 ? 'no batches yet' : answer.batches.map(batchText).join('\n\n'))
}

async function show(id: string | undefined, flags: { follow?: boolean }, command: Command): Promise<void> {
  if (flags.follow === true) return follow(command)
  const batchId = id === undefined ? new Uint8Array(0) : parseHex('batch_id', id, 33)
  const answer = await withAdmin(command, (client) => client.getBatch({ batchId }))
  const out = outputOf(command)
  if (out.json) return out.write(messageJson('tidepool.GetBatchResponse', answer))
  if (answer.batch !== undefined) out.write(batchText(answer.batch))
  if (answer.run !== undefined) out.write(runText(answer.run))
}

/** Until the auctioneer or the operator ends it. */
async function follow(command: Command): Promise<void> {
  const out = outputOf(command)
  await withAdmin(command, async (client) => {
    for await (const move of client.followAuctions({})) {
      if (out.json) out.write(messageJson('tidepool.AuctionProgress', move))
      else for (const line of progressLines(move)) out.write(line)
    }
  })
}

async function bump(flags: { sat_per_vbyte?: string }, command: Command): Promise<void> {
  const rate = flags.sat_per_vbyte
  const feeRateSatPerKw = rate === undefined ? 0n : satPerKwFromVByte(parseUint('sat_per_vbyte', rate))
  const answer = await withAdmin(command, (client) => client.bumpBatches({ feeRateSatPerKw }))
  const out = outputOf(command)
  if (out.json) return out.write(messageJson('tidepool.BumpBatchesResponse', answer))
  out.write(
    facts([
      ['transaction', answer.txid],
      ['fee', `${grouped(answer.feeSat)} sat out of the auctioneer's account`],
      ['waiting', chainText(answer.unconfirmed)],
      ...(answer.problem === '' ? [] : [['not taken yet', answer.problem] as const]),
    ]),
  )
}

export function addBatches(program: Command): void {
  const batches = program.command('batches').description('finished batches, and the one being made')
  batches
    .command('list', { isDefault: true })
    .description('newest first')
    .option('--limit <count>', 'how many', '20')
    .action(list)
  batches
    .command('show')
    .description('one batch with its attempts')
    .argument('[batch_id]', 'default the newest')
    .option('--follow', 'tell what the auction does as it does it')
    .action(show)
  batches
    .command('bump')
    .description("pay for what waits for a block, out of the auctioneer's own account")
    .option('--sat_per_vbyte <rate>', "what all of it shall pay together; lnd's estimate when not given")
    .action(bump)
}
