import type { Command } from 'commander'
import { SHELL_NAMES, completionScript } from '../completion.ts'
import { badArgument } from '../errors.ts'

export function addCompletion(program: Command): void {
  program
    .command('completion')
    .description('print a script that completes commands and flags in your shell')
    .argument('<shell>', SHELL_NAMES.join(', '))
    .action((shell: string) => {
      const script = completionScript(program, shell)
      if (script === undefined) throw badArgument('shell', `shell: expected one of ${SHELL_NAMES.join(', ')}`)
      process.stdout.write(`${script}\n`)
    })
}
