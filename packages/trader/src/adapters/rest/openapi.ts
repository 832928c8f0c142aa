import { enumValues, messageFields, services } from '@tidepool/rpc'
import type { FieldSchema } from '@tidepool/rpc'
import { pathParameters } from './match.ts'
import { fieldOf } from './requestJson.ts'
import { ROUTES } from './routes.ts'
import type { Route } from './routes.ts'

type Json = Readonly<Record<string, unknown>>

interface Method {
  readonly kind: string
  readonly request: string
  readonly response: string
}

const SERVICES: Readonly<Record<Route['service'], { readonly methods: object }>> = {
  'poolrpc.Trader': services.poolrpc.Trader,
  'tidepool.TraderTools': services.tidepool.TraderTools,
  'tidepool.TraderView': services.tidepool.TraderView,
}

function methodOf({ service, method }: Route): Method {
  const all = Object.values(SERVICES[service].methods) as readonly (Method & { readonly name: string })[]
  const found = all.find(({ name }) => name === method)
  if (found === undefined) throw new Error(`route to an unknown method ${service}.${method}`)
  return found
}

const reference = (message: string): Json => ({ $ref: `#/components/schemas/${message}` })

const NUMBERS: Readonly<Record<string, Json>> = {
  bool: { type: 'boolean' },
  string: { type: 'string' },
  bytes: { type: 'string', format: 'byte' },
  double: { type: 'number', format: 'double' },
  float: { type: 'number', format: 'float' },
  int32: { type: 'integer', format: 'int32' },
  uint32: { type: 'integer', format: 'int64', minimum: 0, maximum: 0xffff_ffff },
  int64: { type: 'string', format: 'int64' },
  uint64: { type: 'string', format: 'uint64' },
}

function valueSchema({ type, typeName = '' }: FieldSchema): Json {
  if (type === 'message') return reference(typeName)
  if (type === 'enum') return { type: 'string', enum: Object.keys(enumValues[typeName] ?? {}) }
  const found = NUMBERS[type]
  if (found === undefined) throw new Error(`no JSON schema for fields of type ${type}`)
  return found
}

function fieldSchema(field: FieldSchema): Json {
  if (field.mapKey !== undefined) return { type: 'object', additionalProperties: valueSchema(field) }
  if (field.repeated === true) return { type: 'array', items: valueSchema(field) }
  const schema = valueSchema(field)
  // A message that is not set is null.
  return field.type === 'message' && field.oneof === undefined ? { nullable: true, allOf: [schema] } : schema
}

function messageSchema(message: string): Json {
  const fields = messageFields[message] ?? []
  const oneofs = [...new Set(fields.flatMap(({ oneof }) => oneof ?? []))]
  const choices = oneofs.map((name) => fields.filter(({ oneof }) => oneof === name).map(({ protoName }) => protoName))
  return {
    type: 'object',
    properties: Object.fromEntries(fields.map((field) => [field.protoName, fieldSchema(field)])),
    ...(choices.length > 0 && { description: choices.map((names) => `One of ${names.join(', ')}.`).join(' ') }),
  }
}

/** The messages named and all they are made of. */
function closure(messages: readonly string[]): readonly string[] {
  const seen = new Set<string>()
  const visit = (message: string): void => {
    if (seen.has(message)) return
    seen.add(message)
    for (const { type, typeName } of messageFields[message] ?? []) if (type === 'message') visit(typeName ?? '')
  }
  messages.forEach(visit)
  return [...seen].toSorted()
}

/** Plain fields of a message and of those within, by the names a query has for them. */
function queryFields(message: string, prefix = ''): readonly { readonly name: string; readonly schema: Json }[] {
  return (messageFields[message] ?? []).flatMap((field) => {
    const name = `${prefix}${field.protoName}`
    if (field.mapKey !== undefined) return []
    if (field.type !== 'message') return [{ name, schema: fieldSchema(field) }]
    return field.repeated === true || field.typeName === message ? [] : queryFields(field.typeName ?? '', `${name}.`)
  })
}

function parametersOf(route: Route, { request }: Method): readonly Json[] {
  const inPath = pathParameters(route.path)
  const path = inPath.map((name) => {
    const field = fieldOf(request, name)
    if (field === undefined) throw new Error(`${route.path}: ${request} has no field ${name}`)
    return { name, in: 'path', required: true, schema: valueSchema(field) }
  })
  if (route.verb === 'POST') return path
  const query = queryFields(request).filter(({ name }) => !inPath.includes(name))
  return [...path, ...query.map(({ name, schema }) => ({ name, in: 'query', required: false, schema }))]
}

const content = (schema: Json): Json => ({ 'application/json': { schema } })

function operation(route: Route, index: number): Json {
  const method = methodOf(route)
  const parameters = parametersOf(route, method)
  const streaming = method.kind === 'serverStream'
  const answer = streaming
    ? { type: 'object', properties: { result: reference(method.response), error: reference('Error') } }
    : reference(method.response)
  const earlier = ROUTES.slice(0, index).filter(({ method: name }) => name === route.method).length
  return {
    operationId: `${route.method}${earlier === 0 ? '' : earlier + 1}`,
    summary: route.summary,
    tags: [route.service],
    ...(parameters.length > 0 && { parameters }),
    ...(route.verb === 'POST' && { requestBody: { required: false, content: content(reference(method.request)) } }),
    responses: {
      200: { description: streaming ? 'A line of JSON for each message' : 'The answer', content: content(answer) },
      default: { description: 'What went wrong', content: content(reference('Error')) },
    },
  }
}

const ERROR: Json = {
  type: 'object',
  required: ['code', 'message', 'details'],
  properties: {
    code: { type: 'integer', description: 'gRPC status' },
    message: { type: 'string' },
    details: { type: 'array', items: { type: 'object' } },
  },
}

/** OpenAPI 3.0 of all routes, made of the protos and the route table. */
export function openApiDocument(version: string): Json {
  const paths: Record<string, Record<string, Json>> = {}
  for (const [index, route] of ROUTES.entries()) {
    paths[route.path] = { ...paths[route.path], [route.verb.toLowerCase()]: operation(route, index) }
  }
  const messages = closure(
    ROUTES.flatMap((route) => {
      const { request, response } = methodOf(route)
      return route.verb === 'POST' ? [request, response] : [response]
    }),
  )
  return {
    openapi: '3.0.3',
    info: {
      title: 'Trader daemon',
      version,
      license: { name: 'MIT', url: 'https://opensource.org/license/mit' },
      description:
        '64-bit numbers are text, bytes base64, enums names. Every field is in an answer, those of a choice only when chosen.',
    },
    servers: [{ url: 'https://localhost:8281' }],
    tags: Object.keys(SERVICES).map((name) => ({ name })),
    security: [{ macaroon: [] }],
    paths,
    components: {
      schemas: { ...Object.fromEntries(messages.map((name) => [name, messageSchema(name)])), Error: ERROR },
      securitySchemes: {
        macaroon: { type: 'apiKey', in: 'header', name: 'Grpc-Metadata-macaroon', description: 'The macaroon in hex' },
      },
    },
  }
}
