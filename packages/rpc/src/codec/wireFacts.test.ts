import { readFileSync } from 'node:fs'
import type { MessageTypeDefinition } from '@grpc/proto-loader'
import { describe, expect, it } from 'vitest'
import { enumValues, messageFields } from '../gen/schema.ts'
import { services } from '../gen/services.ts'
import { ownDefinitions } from '../../test/protos.ts'
import type { MethodKind } from './wireTypes.ts'

/** One row of the table, under its message, enum or service. */
type Rows = Map<string, Set<string>>

const table = readFileSync(new URL('../../test/vectors/pool/wire.txt', import.meta.url), 'utf8')

function factsOfTable(kind: 'message' | 'enum' | 'service'): Rows {
  const rows: Rows = new Map()
  let current: Set<string> | undefined
  for (const line of table.split('\n')) {
    const head = /^(message|enum|service) (\S+)$/.exec(line)
    if (head !== null) {
      current = head[1] === kind ? new Set() : undefined
      if (current !== undefined) rows.set(head[2] ?? '', current)
    } else if (line.startsWith('  ')) {
      current?.add(line.trim())
    }
  }
  return rows
}

/** `poolrpc.A.B` as the table writes a type inside the package. */
const localName = (name: string): string => name.split('.').at(-1) ?? ''

function deprecatedFields(message: string): ReadonlySet<string> {
  const [pkg, ...path] = message.split('.')
  const top = ownDefinitions()[`${pkg}.${path[0]}`] as MessageTypeDefinition<object, object>
  type Descriptor = {
    readonly name: string
    readonly nestedType: readonly Descriptor[]
    readonly field: readonly { readonly name: string; readonly options: { readonly deprecated: boolean } | null }[]
    readonly reservedRange: readonly { readonly start: number; readonly end: number }[]
  }
  let descriptor = top.type as Descriptor
  for (const name of path.slice(1)) {
    const inner = descriptor.nestedType.find((nested) => nested.name === name)
    if (inner !== undefined) descriptor = inner
  }
  const reserved = descriptor.reservedRange.map(({ start, end }) => `[${start},${end - 1}]`).join(',')
  const names = descriptor.field.filter((field) => field.options?.deprecated === true).map((field) => field.name)
  return new Set([...names, ...(reserved === '' ? [] : [`reserved [${reserved}]`])])
}

function factsOfMessages(): Rows {
  const rows: Rows = new Map()
  for (const [message, fields] of Object.entries(messageFields)) {
    if (!message.startsWith('poolrpc.')) continue
    const marks = deprecatedFields(message)
    const facts = fields.map((field) => {
      const type = field.typeName === undefined ? field.type : localName(field.typeName)
      const whole =
        field.mapKey !== undefined ? `map<${field.mapKey},${type}>` : field.repeated ? `repeated ${type}` : type
      const suffix =
        (marks.has(field.protoName) ? ' [deprecated]' : '') +
        (field.oneof === undefined ? '' : ` [oneof ${field.oneof}]`)
      return `${field.number} ${field.protoName}: ${whole}${suffix}`
    })
    rows.set(message, new Set([...facts, ...[...marks].filter((mark) => mark.startsWith('reserved '))]))
  }
  return rows
}

const camelOneofs = (rows: Rows): Rows =>
  new Map(
    [...rows].map(([name, facts]) => [
      name,
      new Set(
        [...facts].map((fact) => fact.replace(/\[oneof (\w+)\]/, (_, oneof: string) => `[oneof ${camel(oneof)}]`)),
      ),
    ]),
  )

const camel = (name: string): string => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())

function factsOfEnums(): Rows {
  const own = Object.entries(enumValues).filter(([name]) => name.startsWith('poolrpc.'))
  return new Map(
    own.map(([name, values]) => [name, new Set(Object.entries(values).map(([key, n]) => `${key} = ${n}`))]),
  )
}

const STREAMS: Record<MethodKind, readonly [request: string, response: string]> = {
  unary: ['', ''],
  serverStream: ['', 'stream '],
  clientStream: ['stream ', ''],
  bidi: ['stream ', 'stream '],
}

function factsOfServices(): Rows {
  return new Map(
    Object.values(services.poolrpc).map(({ name, methods }) => [
      name,
      new Set(
        Object.values(methods).map((method) => {
          const [request, response] = STREAMS[method.kind]
          return `rpc ${method.name} (${request}${localName(method.request)}) -> (${response}${localName(method.response)})`
        }),
      ),
    ]),
  )
}

const sorted = (rows: Rows) => Object.fromEntries([...rows].map(([name, facts]) => [name, [...facts].toSorted()]))

describe("Pool's wire contract, nothing missing and nothing more", () => {
  it('messages', () => {
    const expected = camelOneofs(factsOfTable('message'))
    expect(expected.size).toBe(142)
    expect(sorted(factsOfMessages())).toEqual(sorted(expected))
  })

  it('enums', () => expect(sorted(factsOfEnums())).toEqual(sorted(factsOfTable('enum'))))

  it('services', () => expect(sorted(factsOfServices())).toEqual(sorted(factsOfTable('service'))))
})
