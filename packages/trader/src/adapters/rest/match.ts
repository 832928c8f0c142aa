import { ROUTES } from './routes.ts'
import type { Route } from './routes.ts'

export type Match =
  | { readonly kind: 'route'; readonly route: Route; readonly parameters: Readonly<Record<string, string>> }
  /** The path is known, with other verbs. */
  | { readonly kind: 'wrongVerb' }
  | { readonly kind: 'unknown' }

const PARAMETER = /^\{(\w+)\}$/

/** Parameters of a path that fits; a fixed word is better than a parameter, so routes are tried fixed words first. */
function fit(pattern: string, path: string): Readonly<Record<string, string>> | undefined {
  const [wanted, given] = [pattern.split('/'), path.split('/')]
  if (wanted.length !== given.length) return undefined
  const found: Record<string, string> = {}
  for (const [index, word] of wanted.entries()) {
    const name = PARAMETER.exec(word)?.[1]
    const value = decoded(given[index] ?? '')
    if (value === undefined || (name === undefined ? word !== value : value === '')) return undefined
    if (name !== undefined) found[name] = value
  }
  return found
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part)
  } catch {
    return undefined
  }
}

const parameters = (route: Route): number => route.path.split('{').length

const SORTED = ROUTES.toSorted((a, b) => parameters(a) - parameters(b))

/** The route for a verb and a path without its query. */
export function matchRoute(verb: string, path: string): Match {
  let known = false
  for (const route of SORTED) {
    const found = fit(route.path, path)
    if (found === undefined) continue
    if (route.verb === verb) return { kind: 'route', route, parameters: found }
    known = true
  }
  return { kind: known ? 'wrongVerb' : 'unknown' }
}

/** Verbs a path can be called with; for pages that ask before they call. */
export const verbsOf = (path: string): readonly string[] =>
  ROUTES.filter((route) => fit(route.path, path) !== undefined).map(({ verb }) => verb)

/** Names in a path. */
export const pathParameters = (path: string): readonly string[] =>
  path.split('/').flatMap((word) => PARAMETER.exec(word)?.[1] ?? [])
