import type { Command } from 'commander'

/** What may follow a command: its subcommands with all their names, and its flags. */
interface Place {
  readonly path: string
  readonly next: readonly { readonly names: readonly string[]; readonly text: string }[]
  readonly flags: readonly Flag[]
  /** Flags of the commands above, which count here too. */
  readonly inherited: readonly Flag[]
}

interface Flag {
  readonly name: string
  readonly text: string
}

function places(command: Command, path: string, inherited: readonly Flag[] = []): readonly Place[] {
  const visible = command.createHelp().visibleCommands(command)
  const next = visible.map((one) => ({ names: [one.name(), ...one.aliases()], text: one.description() }))
  const flags = command.options.flatMap(({ long, description }) =>
    typeof long === 'string' ? [{ name: long, text: description }] : [],
  )
  const below = [...flags, ...inherited]
  return [{ path, next, flags, inherited }, ...visible.flatMap((one) => places(one, `${path} ${one.name()}`, below))]
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

/** Bash: walks the words typed so far to a place, then offers what may follow there. */
function bash(program: string, all: readonly Place[]): string {
  const steps = all.flatMap(({ path, next }) =>
    next.map(({ names }) => {
      const patterns = names.map((name) => quoted(`${path} ${name}`)).join('|')
      return `      ${patterns}) place=${quoted(`${path} ${names[0] ?? ''}`)} ;;`
    }),
  )
  const words = all.map(({ path, next, flags, inherited }) => {
    const offered = [
      ...next.map(({ names }) => names[0] ?? ''),
      ...[...flags, ...inherited].map(({ name }) => name),
      '--help',
    ]
    return `    ${quoted(path)}) words=${quoted(offered.join(' '))} ;;`
  })
  return [
    `_${program}() {`,
    `  local place=${quoted(program)} words='' word`,
    '  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do',
    '    case "$place $word" in',
    ...steps,
    '    esac',
    '  done',
    '  case "$place" in',
    ...words,
    '  esac',
    '  COMPREPLY=($(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}"))',
    '}',
    `complete -o default -F _${program} ${program}`,
  ].join('\n')
}

const zsh = (program: string, all: readonly Place[]): string =>
  ['autoload -U +X bashcompinit && bashcompinit', bash(program, all)].join('\n')

function fish(program: string, all: readonly Place[]): string {
  const at = (path: string): string => {
    const words = path.split(' ').slice(1)
    return quoted([...words.map((word) => `__fish_seen_subcommand_from ${word}`), 'true'].join('; and '))
  }
  const lines = all.flatMap(({ path, next, flags }) => [
    ...next.map(
      ({ names, text }) => `complete -c ${program} -f -n ${at(path)} -a ${names[0] ?? ''} -d ${quoted(text)}`,
    ),
    ...flags.map(
      ({ name, text }) => `complete -c ${program} -n ${at(path)} -l ${name.replace(/^--/, '')} -d ${quoted(text)}`,
    ),
  ])
  return lines.join('\n')
}

const SHELLS = { bash, zsh, fish } as const
export const SHELL_NAMES = Object.keys(SHELLS)

/** A script that completes commands and flags in a shell; undefined for one we know no script for. */
export function completionScript(program: Command, shell: string): string | undefined {
  const write = Object.hasOwn(SHELLS, shell) ? SHELLS[shell as keyof typeof SHELLS] : undefined
  return write?.(program.name(), places(program, program.name()))
}
