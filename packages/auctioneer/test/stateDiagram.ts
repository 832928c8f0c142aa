import { InvalidTransition } from '@tidepool/market'
import type { Transition } from '@tidepool/market'

/** One observed step of a state machine; `to` is undefined when the event is refused. */
export interface ObservedStep {
  readonly from: string
  readonly event: string
  readonly to: string | undefined
  readonly actions: readonly string[]
}

/** Tries every pair. */
export function observe<S, E, A extends { readonly kind: string }>(
  states: Readonly<Record<string, S>>,
  events: Readonly<Record<string, E>>,
  step: (state: S, event: E) => Transition<S, A>,
  nameOf: (state: S) => string,
): readonly ObservedStep[] {
  return Object.entries(states).flatMap(([from, state]) =>
    Object.entries(events).map(([event, value]) => {
      try {
        const { state: next, actions } = step(state, value)
        return { from, event, to: nameOf(next), actions: actions.map(({ kind }) => kind) }
      } catch (error) {
        if (!(error instanceof InvalidTransition)) throw error
        return { from, event, to: undefined, actions: [] }
      }
    }),
  )
}

/** The page in `docs/states`: a diagram and the table behind it. */
export function statePage(title: string, about: string, steps: readonly ObservedStep[]): string {
  const moves = steps.filter(({ from, to, actions }) => to !== undefined && (to !== from || actions.length > 0))
  const edges = moves.map(({ from, to, event }) => `  ${from} --> ${to}: ${event}`)
  const rows = moves.map(
    ({ from, event, to, actions }) => `| ${from} | ${event} | ${to} | ${actions.join(', ') || '–'} |`,
  )
  const quiet = steps.filter(({ from, to, actions }) => to === from && actions.length === 0)
  const refused = steps.filter(({ to }) => to === undefined)
  return [
    `# ${title}`,
    '',
    'Written by the test that tries every pair of state and event; do not edit.',
    '',
    about,
    '',
    '```mermaid',
    'stateDiagram-v2',
    ...edges,
    '```',
    '',
    '| state | event | next | actions |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
    `Without effect: ${listed(quiet)}.`,
    '',
    `Refused: ${listed(refused)}.`,
    '',
  ].join('\n')
}

function listed(steps: readonly ObservedStep[]): string {
  const byState = new Map<string, string[]>()
  for (const { from, event } of steps) byState.set(from, [...(byState.get(from) ?? []), event])
  return [...byState].map(([state, events]) => `${state} (${events.join(', ')})`).join('; ') || 'none'
}
