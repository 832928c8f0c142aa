import { flagOf } from '@tidepool/rpc'
import type { OptionGroup } from '@tidepool/rpc'
import { entry, heading, paragraph } from './roff.ts'
import type { Block, Page } from './roff.ts'

export interface DaemonFacts {
  readonly name: string
  readonly summary: string
  readonly description: readonly string[]
  readonly groups: readonly OptionGroup[]
  readonly files: readonly (readonly [path: string, text: string])[]
  readonly seeAlso: readonly string[]
}

function optionBlocks({ title, options }: OptionGroup): readonly Block[] {
  return [
    heading(title),
    ...options.map((option) =>
      entry(flagOf(option), `${option.text}${option.standing === undefined ? '' : `. Default: ${option.standing}`}.`),
    ),
  ]
}

/** The page of a daemon. */
export function daemonPage(facts: DaemonFacts): Page {
  const prefix = facts.name.toUpperCase()
  return {
    name: facts.name,
    summary: facts.summary,
    synopsis: '[OPTIONS]',
    sections: [
      { title: 'DESCRIPTION', blocks: facts.description.map(paragraph) },
      { title: 'OPTIONS', blocks: facts.groups.flatMap(optionBlocks) },
      {
        title: 'ENVIRONMENT',
        blocks: [
          paragraph(
            `Every option can be set by a variable: ${prefix}_ and its name in capitals, with underscores for dots and dashes, such as ${prefix}_LND_HOST for --lnd.host. The command line comes first, then the environment, then the file.`,
          ),
        ],
      },
      { title: 'FILES', blocks: facts.files.map(([path, text]) => entry(path, text)) },
      {
        title: 'SIGNALS',
        blocks: [
          paragraph(
            'SIGINT and SIGTERM stop the daemon in order, also in the middle of a batch; a kill loses nothing either.',
          ),
        ],
      },
      {
        title: 'EXIT STATUS',
        blocks: [
          entry('0', 'Stopped as asked.'),
          entry('1', 'Could not go on; the reason is the last line of the log.'),
        ],
      },
    ],
    seeAlso: facts.seeAlso,
  }
}
