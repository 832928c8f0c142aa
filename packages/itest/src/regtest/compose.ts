import { join } from 'node:path'
import { stringify } from 'yaml'
import { repositoryRoot } from '../harness/paths.ts'
import { composeFile } from './containers.ts'

export const composePath = join(repositoryRoot, 'docker-compose.yml')

const HEADER = `# The stack of \`pnpm run regtest up\` for Docker: docker compose up -d
# Written by \`pnpm run regtest compose\` from regtest/stack.json; change that file, not this one.
# Then, for example: docker compose exec poold-maker node packages/cli/dist/pool.js --network=regtest --basedir=/data getinfo
`

/** Text of docker-compose.yml. */
export const composeText = (): string =>
  HEADER + stringify(composeFile(), { lineWidth: 0, nullStr: '', aliasDuplicateObjects: false })
