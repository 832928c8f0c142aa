#!/usr/bin/env node
import { rmSync } from 'node:fs'
import { openAccounts } from './accounts.ts'
import { audit } from './audit.ts'
import { runAuction } from './auction.ts'
import { confirmChannel } from './channel.ts'
import { goOn, keepMining } from './keep.ts'
import { tellMoney } from './money.ts'
import { readOptions, USAGE, type DemoOptions } from './options.ts'
import { submitOrders } from './orders.ts'
import { report } from './report.ts'
import { Curtain, setStage } from './stage.ts'
import { tellTransaction } from './transaction.ts'
import { silence, voiceOn, type Voice } from './voice.ts'

const INTERRUPTED = 130

async function play(options: DemoOptions, curtain: Curtain, interrupted: AbortSignal): Promise<boolean> {
  const started = performance.now()
  const voice = options.json ? silence : voiceOn(process.stdout)
  voice.title('Tidepool: from two empty accounts to a leased Lightning channel')
  const stage = await setStage(voice, curtain)
  const accounts = await openAccounts(voice, stage)
  const orders = await submitOrders(voice, accounts)
  const deal = await runAuction(voice, stage, orders)
  const money = tellMoney(voice, accounts, deal)
  const transaction = await tellTransaction(voice, stage, accounts, deal)
  const channel = await confirmChannel(voice, stage, accounts, deal)
  const story = { accounts, deal, money, transaction, channel }
  const checks = await audit(voice, story)
  const seconds = (performance.now() - started) / 1000
  const commands = options.keep ? goOn(stage, accounts) : []
  if (options.json) process.stdout.write(`${report(story, orders, checks, seconds, commands)}\n`)
  else tellEnd(voice, seconds, commands)
  if (options.keep) await keepMining(stage, interrupted)
  return checks.every((check) => check.passed)
}

function tellEnd(voice: Voice, seconds: number, commands: readonly string[]): void {
  voice.title(`That was one auction, in ${seconds.toFixed(1)} seconds.`)
  if (commands.length === 0) {
    voice.say('Run it again with --keep to go on from here by hand. README.md tells how to trade on real nodes.')
    return
  }
  voice.say('The stack stays up, a block is mined every ten seconds, and Ctrl-C ends it. In another terminal:')
  process.stdout.write(`\n${commands.join('\n')}\n\n`)
}

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2))
  if (options.help) {
    process.stdout.write(USAGE)
    return 0
  }
  const curtain = new Curtain()
  const interruption = new AbortController()
  const interrupt = (): void => {
    interruption.abort()
    void close(curtain).finally(() => process.exit(INTERRUPTED))
  }
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt)
  try {
    const passed = await play(options, curtain, interruption.signal)
    await close(curtain)
    return passed ? 0 : 1
  } catch (error) {
    // What fails after an interruption fails because of it.
    if (interruption.signal.aborted) return await new Promise(() => undefined)
    await curtain.fall()
    if (curtain.folder !== undefined) process.stderr.write(`The logs are in ${curtain.folder}/logs\n`)
    throw error
  }
}

async function close(curtain: Curtain): Promise<void> {
  await curtain.fall()
  if (curtain.folder !== undefined) rmSync(curtain.folder, { recursive: true, force: true })
}

try {
  process.exitCode = await main()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
