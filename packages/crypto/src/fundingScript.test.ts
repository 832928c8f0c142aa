import { describe, expect, test } from 'vitest'
import { loadCases } from '../test/loadVectors.ts'
import { toHex } from './bytes.ts'
import { fundingOutput, fundingWitnessScript } from './fundingScript.ts'
import { pubKey } from './ids.ts'
import { satoshi } from './units.ts'

interface Case {
  readonly name: string
  readonly commitment_type: number
  readonly our_key: string
  readonly their_key: string
  readonly value: number
  readonly pk_script?: string
  readonly output_value?: number
  readonly witness_script?: string
  readonly error?: string
}

function outputOf(entry: Case) {
  const keys = [pubKey(entry.our_key), pubKey(entry.their_key)] as const
  const kind = entry.commitment_type === 5 ? 'simpleTaproot' : 'p2wsh'
  return { keys, output: fundingOutput({ keys, kind, value: satoshi(entry.value) }) }
}

function expectAccepted(entry: Case): void {
  const { keys, output } = outputOf(entry)
  expect(toHex(output.script)).toBe(entry.pk_script)
  expect(output.value).toBe(BigInt(entry.output_value ?? -1))
  expect(outputOf({ ...entry, our_key: entry.their_key, their_key: entry.our_key }).output).toEqual(output)
  if (entry.witness_script !== undefined) expect(toHex(fundingWitnessScript(keys))).toBe(entry.witness_script)
}

describe('channel funding outputs, Pool vectors', () => {
  test.each(loadCases<Case>('funding', 'funding_output'))('$commitment_type_name $our_key', expectAccepted)

  const edges = loadCases<Case>('funding', 'funding_output_edge')
  // The reference puts any 33 bytes into a P2WSH script; our keys are points from the start.
  const isNoPoint = (entry: Case) => entry.name === '33 bytes that are not a point, P2WSH'

  test.each(edges.filter((entry) => entry.error === undefined && !isNoPoint(entry)))('$name', expectAccepted)

  test.each(edges.filter((entry) => entry.error !== undefined || isNoPoint(entry)))('refused: $name', (entry) => {
    expect(() => outputOf(entry)).toThrow()
  })

  test('number of cases', () => {
    expect(loadCases('funding', 'funding_output')).toHaveLength(60)
    expect(edges).toHaveLength(9)
  })
})
