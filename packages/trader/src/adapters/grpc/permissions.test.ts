import { services } from '@tidepool/rpc'
import { describe, expect, it } from 'vitest'
import { ALL_PERMISSIONS, permissionsOf } from './permissions.ts'

const SERVED = [services.poolrpc.Trader, services.tidepool.TraderTools, services.tidepool.TraderView] as const
const methods = SERVED.flatMap(({ name, methods: all }) =>
  Object.values(all as Readonly<Record<string, { readonly name: string }>>).map((method) => `/${name}/${method.name}`),
)

describe('permissions', () => {
  it.each(methods)('%s needs some, all of them such as pool.macaroon has', (method) => {
    const needed = permissionsOf(method) ?? []
    expect(needed.length).toBeGreaterThan(0)
    expect(ALL_PERMISSIONS).toEqual(expect.arrayContaining([...needed]))
  })

  it.each(['/poolrpc.Trader/Nothing', '/poolrpc.Trader/toString', '/other.Service/GetInfo', ''])(
    'nobody may call %s',
    (method) => expect(permissionsOf(method)).toBeUndefined(),
  )
})
