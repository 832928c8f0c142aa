import { writeFileSync } from 'node:fs'
import { composePath, composeText } from './compose.ts'
import { down, mine, status } from './commands.ts'
import { prepare } from './prepare.ts'
import { up } from './up.ts'

const USAGE = `pnpm run regtest COMMAND
  up            start the chain, three lnd nodes and auctioneerd; wait until all is ready
  up nodes      the same without auctioneerd
  down          stop everything and forget its data
  mine N        mine N blocks
  status        what is running, and how it is
  compose       write docker-compose.yml from regtest/stack.json`

const say = (line: string): void => void process.stdout.write(`${line}\n`)

function run(command: string | undefined, argument: string | undefined): Promise<void> {
  switch (command) {
    case 'up':
      if (argument !== undefined && argument !== 'nodes') throw new Error(USAGE)
      return up(say, argument ?? 'all')
    case 'down':
      return down(say)
    case 'mine': {
      const blocks = Number(argument ?? '1')
      if (!Number.isSafeInteger(blocks) || blocks < 1) throw new Error('mine: say how many blocks')
      return mine(say, blocks)
    }
    case 'status':
      return status(say)
    case 'compose':
      writeFileSync(composePath, composeText())
      return Promise.resolve()
    case 'prepare':
      return prepare(say, argument)
    default:
      throw new Error(USAGE)
  }
}

try {
  await run(process.argv[2], process.argv[3])
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
