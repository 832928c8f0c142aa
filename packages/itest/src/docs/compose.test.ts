import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { repositoryRoot } from '../harness/paths.ts'
import { settings } from '../harness/settings.ts'
import { composePath, composeText } from '../regtest/compose.ts'

interface Service {
  readonly image: string
  readonly build?: string
  readonly command: readonly string[]
  readonly depends_on?: Readonly<Record<string, unknown>>
  readonly volumes?: readonly string[]
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>
  readonly volumes: Readonly<Record<string, unknown>>
}

describe('docker-compose.yml', () => {
  const compose = parse(readFileSync(composePath, 'utf8')) as Compose
  const services = Object.entries(compose.services)

  it('says what regtest/stack.json says (else: pnpm run regtest compose)', () => {
    expect(readFileSync(composePath, 'utf8')).toBe(composeText())
  })

  it('gives every lnd the flags of the local stack', () => {
    const names = Object.keys(settings.lnd.nodes)
    expect(names).toHaveLength(3)
    for (const name of names) {
      expect(compose.services[`lnd-${name}`]?.command).toEqual(expect.arrayContaining([...settings.lnd.flags]))
    }
  })

  it('pins images, names only services and volumes that exist, and has no loop', () => {
    const order = new Map<string, number>()
    const depth = (name: string, path: readonly string[] = []): number => {
      expect(path).not.toContain(name)
      const needs = Object.keys(compose.services[name]?.depends_on ?? {})
      for (const need of needs) expect(Object.keys(compose.services)).toContain(need)
      return 1 + Math.max(0, ...needs.map((need) => depth(need, [...path, name])))
    }
    for (const [name, service] of services) {
      order.set(name, depth(name))
      if (service.build === undefined) expect(service.image).toMatch(/:v?\d+\.\d+/)
      for (const volume of service.volumes ?? []) expect(Object.keys(compose.volumes)).toContain(volume.split(':')[0])
    }
    expect(order.get('poold-maker')).toBeGreaterThan(order.get('auctioneerd') ?? 0)
  })

  it('starts only programs that are there', () => {
    const entries = services.filter(([, service]) => service.build !== undefined).map(([, { command }]) => command[0])
    const sources = entries.map((entry = '') => entry.replace('/dist/', '/src/').replace(/\.js$/, '.ts'))
    expect(sources.filter((source) => !existsSync(join(repositoryRoot, source)))).toEqual([])
    expect(existsSync(join(repositoryRoot, 'Dockerfile'))).toBe(true)
  })
})
