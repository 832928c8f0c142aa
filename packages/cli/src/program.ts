import { CommanderError, type Command } from 'commander'
import { ClmError } from '@tidepool/crypto'
import { RpcError, STATUS } from '@tidepool/rpc'
import { QuietExit } from './errors.ts'
import { nextStep } from './nextStep.ts'
import { normalizeArgv } from './parse.ts'

export const VERSION = '0.1.0'
const USAGE_CODES = new Set(['commander.help', 'commander.helpDisplayed'])

/** Options of one command and all below it that stand without a value. */
function booleanFlags(command: Command): string[] {
  const own = command.options.filter((option) => option.isBoolean()).map((option) => option.attributeName())
  return [...own, ...command.commands.flatMap(booleanFlags)]
}

/** Unknown commands exit with 3, anything else that fails with 1, help and versions with 0, as the stock tool. */
function exitCodeOf(error: CommanderError): number {
  if (error.code === 'commander.unknownCommand' || /unknown command/.test(error.message)) return 3
  return USAGE_CODES.has(error.code) ? 0 : error.exitCode === 0 ? 0 : 1
}

/** What went wrong, and the code of it for scripts. */
function explain(error: unknown, name: string): string {
  if (error instanceof RpcError) {
    const { details, errorCode, statusName, status } = error.detail
    const hint = status === STATUS.UNAVAILABLE && errorCode === undefined ? 'the daemon does not answer: ' : ''
    const next = nextStep(error, name)
    return `${hint}${details} (${errorCode ?? statusName})${next === undefined ? '' : `\nNext: ${next}`}`
  }
  if (error instanceof ClmError) return error.message
  return error instanceof Error ? error.message : String(error)
}

function prepare(command: Command): void {
  command.exitOverride().showHelpAfterError(false).allowExcessArguments(false)
  // Help goes to stdout, also where a subcommand is missing; errors are told in one place.
  command.configureOutput({ outputError: () => undefined, writeErr: (text) => void process.stdout.write(text) })
  for (const child of command.commands) prepare(child)
}

/** Runs a command line and gives its exit code; errors go to stderr as `[name] what to do`. */
export async function runProgram(program: Command, argv: readonly string[]): Promise<number> {
  const command = argv.findIndex((word) => !word.startsWith('-'))
  const before = command < 0 ? argv : argv.slice(0, command)
  // Not an option of the program: commands below it have a --version of their own.
  if (before.some((word) => /^(-v|--?version)$/.test(word))) {
    process.stdout.write(`${program.name()} version ${VERSION}\n`)
    return 0
  }
  prepare(program)
  const words = normalizeArgv(argv, new Set(booleanFlags(program)))
  // The stock tool's short name for it.
  const first = words.findIndex((word) => !word.startsWith('-'))
  if (words[first] === 'h') words[first] = 'help'
  try {
    await program.parseAsync(words, { from: 'user' })
    return 0
  } catch (error) {
    if (error instanceof QuietExit) return error.exitCode
    if (error instanceof CommanderError) {
      const code = exitCodeOf(error)
      if (code !== 0) process.stderr.write(`[${program.name()}] ${error.message.replace(/^error: /, '')}\n`)
      return code
    }
    process.stderr.write(`[${program.name()}] ${explain(error, program.name())}\n`)
    return 1
  }
}
