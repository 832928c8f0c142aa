import { Validator } from '@seriousme/openapi-schema-validator'
import { describe, expect, it } from 'vitest'
import { http1 } from '../../../test/kit/httpClient.ts'
import { ServerBench } from '../../../test/kit/serverBench.ts'
import { openApiDocument } from './openapi.ts'
import { pathParameters } from './match.ts'
import { ROUTES } from './routes.ts'

interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly tags: readonly string[]
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required: boolean }[]
  readonly responses: object
}

const document = openApiDocument('1.2.3') as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly tags: readonly { readonly name: string }[]
  readonly components: { readonly schemas: Readonly<Record<string, object>> }
}
const operations = Object.entries(document.paths).flatMap(([path, verbs]) =>
  Object.values(verbs).map((operation) => ({ path, operation })),
)

describe('the OpenAPI document', () => {
  it('is one by the schema of OpenAPI', async () => {
    const found = await new Validator().validate(JSON.parse(JSON.stringify(document)) as Record<string, unknown>)
    expect(found.errors).toBeUndefined()
    expect(found.valid).toBe(true)
    const broken = { ...document, paths: { '/x': { get: { operationId: 5 } } } }
    expect((await new Validator().validate(broken)).valid).toBe(false)
  })

  it('names every route once, with its path parameters, and nothing that is not there', () => {
    expect(operations).toHaveLength(ROUTES.length)
    const ids = operations.map(({ operation }) => operation.operationId)
    expect(new Set(ids).size).toBe(ids.length)
    for (const { path, operation } of operations) {
      const inPath = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path')
      expect(inPath.map(({ name }) => name)).toEqual(pathParameters(path))
      expect(operation.summary).toMatch(/^[A-Z].*[^.]$/)
      expect(document.tags.map(({ name }) => name)).toEqual(expect.arrayContaining([...operation.tags]))
    }
  })

  it('refers to schemas that are there, and has none that nothing refers to', () => {
    const referred = [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(
      ([, name]) => name,
    )
    expect(new Set(referred)).toEqual(new Set(Object.keys(document.components.schemas)))
  })

  it('describes fields as they are on the wire', () => {
    expect(document.components.schemas['poolrpc.Account']).toMatchObject({
      properties: {
        trader_key: { type: 'string', format: 'byte' },
        value: { type: 'string', format: 'uint64' },
        outpoint: { nullable: true, allOf: [{ $ref: '#/components/schemas/poolrpc.OutPoint' }] },
        version: { type: 'string', enum: expect.arrayContaining(['ACCOUNT_VERSION_TAPROOT']) as string[] },
      },
    })
    const close = document.paths['/v1/pool/accounts']?.['delete']?.parameters?.map(({ name }) => name)
    expect(close).toEqual(
      expect.arrayContaining(['trader_key', 'output_with_fee.address', 'output_with_fee.fee_rate_sat_per_kw']),
    )
  })

  it('is served without a macaroon', async () => {
    const bench = new ServerBench()
    await bench.start()
    const place = await bench.startRest()
    const found = await http1({ ...place, method: 'GET', path: '/openapi.json' })
    await bench.stop()
    expect(found).toMatchObject({ status: 200, headers: { 'content-type': 'application/json' } })
    expect(found.json).toEqual(JSON.parse(JSON.stringify(openApiDocument('0.0.0-test'))))
  })
})
