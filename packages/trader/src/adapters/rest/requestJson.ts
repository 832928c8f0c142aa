import { badJson, messageFields } from '@tidepool/rpc'
import type { FieldSchema } from '@tidepool/rpc'

type Json = Record<string, unknown>

/**
 * A request as JSON from what a path and a query say: `a.b=1` for nested fields, a name more than once for lists. Values
 * stay text, except booleans. grpc-gateway runtime/query.go. @throws JsonError BAD_JSON for a name the request has not
 */
export function jsonFromParameters(message: string, parameters: Iterable<readonly [string, string]>): Json {
  const out: Json = {}
  for (const [name, value] of parameters) put(out, message, name.split('.'), value, name)
  return out
}

function put(into: Json, message: string, [first = '', ...rest]: readonly string[], value: string, at: string): void {
  const field = fieldOf(message, first)
  if (field === undefined) throw badJson(at, 'a field of the request')
  const key = field.protoName
  if (field.type === 'message') {
    if (rest.length === 0 || field.repeated === true || field.mapKey !== undefined) {
      throw badJson(at, 'a plain value: send the message in the body')
    }
    const inner = (into[key] ?? {}) as Json
    into[key] = inner
    return put(inner, field.typeName ?? '', rest, value, at)
  }
  if (rest.length > 0) throw badJson(at, 'a field of the request')
  const read = field.type === 'bool' ? truth(value, at) : value
  if (field.repeated === true) into[key] = [...((into[key] as unknown[] | undefined) ?? []), read]
  else if (into[key] === undefined) into[key] = read
  else throw badJson(at, 'one value, not two')
}

/** Whether a name with dots leads to a field. */
export function isField(message: string, name: string): boolean {
  const [first = '', ...rest] = name.split('.')
  const field = fieldOf(message, first)
  return field !== undefined && (rest.length === 0 || isField(field.typeName ?? '', rest.join('.')))
}

/** Snake or camel case. */
export const fieldOf = (message: string, name: string): FieldSchema | undefined =>
  messageFields[message]?.find((field) => field.protoName === name || field.name === name)

function truth(value: string, at: string): boolean {
  if (/^(1|t|true)$/i.test(value)) return true
  if (/^(0|f|false)$/i.test(value)) return false
  throw badJson(at, 'true or false')
}
