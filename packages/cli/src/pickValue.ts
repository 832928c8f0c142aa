import { badArgument } from './errors.ts'

/** Numbers that doubles cannot hold. */
const LONG_NUMBER = /([:[,]\s*)(-?\d{16,})(?=\s*[,\]}])/g

/**
 * The value at a path such as `accounts.0.trader_key`; a list or object comes as JSON.
 * @throws CliError BAD_ARGUMENT when the answer has no such value
 */
export function pickValue(json: string, path: string): string {
  const steps = path.split('.')
  let value: unknown = JSON.parse(json.replace(LONG_NUMBER, '$1"$2"'))
  for (const [i, step] of steps.entries()) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) {
      throw badArgument('get', `get: the answer has no ${steps.slice(0, i + 1).join('.')}`)
    }
    value = (value as Readonly<Record<string, unknown>>)[step]
  }
  return typeof value === 'string' ? value : JSON.stringify(value)
}
