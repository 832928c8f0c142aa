import { EXAMPLES } from '@tidepool/cli'
import type { poolProgram } from '@tidepool/cli'
import { code, entry, heading, paragraph } from './roff.ts'
import type { Block, Page } from './roff.ts'

type Command = ReturnType<typeof poolProgram>

function optionsOf(command: Command): readonly Block[] {
  const help = command.createHelp()
  return help
    .visibleOptions(command)
    .filter((option) => option.long !== '--help')
    .map((option) => entry(help.optionTerm(option), `${help.optionDescription(option)}.`))
}

const sentence = (text: string): string => (text === '' ? text : `${text[0]?.toUpperCase() ?? ''}${text.slice(1)}.`)

/** A command and all below it: how to call it, what it does, its options and examples. */
function commandBlocks(command: Command, path: readonly string[]): readonly Block[] {
  const help = command.createHelp()
  const below = help.visibleCommands(command).filter((one) => one.name() !== 'help')
  if (below.length > 0) return below.flatMap((one) => commandBlocks(one, [...path, one.name()]))
  const aliases = command.aliases()
  const usage = [...path, ...help.visibleArguments(command).map((one) => help.argumentTerm(one))].join(' ')
  const examples = EXAMPLES[path.join(' ')]
  return [
    heading(usage),
    paragraph(sentence(command.description()) + (aliases.length === 0 ? '' : ` Also: ${aliases.join(', ')}.`)),
    ...help.visibleArguments(command).map((one) => entry(help.argumentTerm(one), `${help.argumentDescription(one)}.`)),
    ...optionsOf(command),
    ...(examples === undefined || path.length === 0 ? [] : [code(...examples)]),
  ]
}

/** The page of a command line. */
export function commandPage(
  program: Command,
  about: { readonly daemon: string; readonly seeAlso: readonly string[] },
): Page {
  const name = program.name()
  return {
    name,
    summary: program.description(),
    synopsis: '[OPTIONS] COMMAND [ARGUMENTS]',
    sections: [
      {
        title: 'DESCRIPTION',
        blocks: [
          paragraph(
            `Talks to a running ${about.daemon}(1). People get tables on a terminal; programs get JSON with --json, or when the output is not a terminal. Errors go to standard error and name the next step.`,
          ),
        ],
      },
      { title: 'OPTIONS', blocks: optionsOf(program) },
      { title: 'COMMANDS', blocks: commandBlocks(program, []) },
      {
        title: 'EXIT STATUS',
        blocks: [
          entry('0', 'Done.'),
          entry('1', 'Refused or failed; the reason is on standard error.'),
          entry('3', 'No such command.'),
        ],
      },
    ],
    seeAlso: about.seeAlso,
  }
}
