import { InvalidTransition } from '@tidepool/market'

export type Outcome =
  | { readonly kind: 'next'; readonly state: string; readonly actions: readonly string[] }
  | { readonly kind: 'refused' }

export type Table = ReadonlyMap<string, ReadonlyMap<string, Outcome>>

interface Machine<S extends { readonly kind: string }, E> {
  readonly states: Readonly<Record<string, S>>
  readonly events: Readonly<Record<string, E>>
  readonly step: (state: S, event: E) => { readonly state: S; readonly actions: readonly { readonly kind: string }[] }
}

/** Tries every state with every event; anything thrown but a refusal is a fault. */
export function tryAll<S extends { readonly kind: string }, E>(machine: Machine<S, E>): Table {
  return new Map(
    Object.entries(machine.states).map(([name, state]) => [
      name,
      new Map(Object.entries(machine.events).map(([event, value]) => [event, outcome(machine, state, value)])),
    ]),
  )
}

function outcome<S extends { readonly kind: string }, E>(machine: Machine<S, E>, state: S, event: E): Outcome {
  try {
    const next = machine.step(state, event)
    return { kind: 'next', state: next.state.kind, actions: next.actions.map((action) => action.kind) }
  } catch (error) {
    if (error instanceof InvalidTransition) return { kind: 'refused' }
    throw error
  }
}

interface Page {
  readonly title: string
  readonly about: string
  readonly resume: Readonly<Record<string, readonly string[]>>
}

/** The page of `docs/states/` for one machine. */
export function statePage(table: Table, page: Page): string {
  const rows = [...table].flatMap(([state, events]) =>
    [...events].flatMap(([event, result]) =>
      result.kind === 'next' ? [{ state, event, next: result.state, actions: result.actions }] : [],
    ),
  )
  const refused = [...table].flatMap(([state, events]) => {
    const names = [...events].filter(([, result]) => result.kind === 'refused').map(([event]) => event)
    return names.length === 0 ? [] : [`${state} (${names.join(', ')})`]
  })
  return [
    `# ${page.title}`,
    '',
    'Written by the test that tries every pair of state and event; do not edit.',
    '',
    page.about,
    '',
    '```mermaid',
    'stateDiagram-v2',
    ...rows.map((row) => `  ${row.state} --> ${row.next}: ${row.event}`),
    '```',
    '',
    '| state | event | next | actions |',
    '| --- | --- | --- | --- |',
    ...rows.map((row) => `| ${row.state} | ${row.event} | ${row.next} | ${row.actions.join(', ') || '–'} |`),
    '',
    '| state | after a restart |',
    '| --- | --- |',
    ...Object.entries(page.resume).map(([state, actions]) => `| ${state} | ${actions.join(', ') || '–'} |`),
    '',
    `Refused: ${refused.join('; ')}.`,
    '',
  ].join('\n')
}
