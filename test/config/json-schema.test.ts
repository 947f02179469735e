import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { configJsonSchema } from '../../src/config/json-schema.ts'
import { SECTIONS } from '../../src/config/load.ts'
import { probeDefinitions } from '../../src/probes/registry.ts'
import { schemaFaults } from './json-schema-faults.ts'
import { faultsOf, SOUND, soundWith } from './support.ts'

const schema = configJsonSchema()
const accepts = (text: string) => schemaFaults(schema, parse(text)).length === 0

/** Every `properties` entry with the path to it. */
function* entries(node: unknown, path = ''): Generator<[string, Record<string, unknown>]> {
  if (Array.isArray(node)) for (const [i, item] of node.entries()) yield* entries(item, `${path}[${i}]`)
  else if (typeof node === 'object' && node !== null) {
    for (const [key, value] of Object.entries(node)) {
      if (key === 'properties') {
        for (const [name, inner] of Object.entries(value as object)) yield [`${path}.${name}`, inner]
      }
      yield* entries(value, `${path}.${key}`)
    }
  }
}

describe('the JSON Schema', () => {
  it('is of draft 2020-12, plain JSON, and made anew for each caller', () => {
    expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema')
    expect(JSON.parse(JSON.stringify(schema))).toEqual(schema)
    expect(configJsonSchema()).toEqual(schema)
    expect(configJsonSchema()).not.toBe(schema)
  })

  it('has the sections that the reader knows, in its order', () => {
    expect(Object.keys(schema.properties as object)).toEqual([...SECTIONS])
  })

  it('describes every key', () => {
    const bare = [...entries(schema)].filter(([, inner]) => typeof inner.description !== 'string')
    expect(bare.map(([path]) => path)).toEqual([])
    expect([...entries(schema)].length).toBeGreaterThan(60)
  })

  it('has one branch for each kind of probe, told apart by type', () => {
    const { probes } = schema.properties as { probes: { additionalProperties: { anyOf: unknown[] } } }
    expect(probes.additionalProperties.anyOf).toMatchObject(
      [...probeDefinitions.keys()].map((kind) => ({
        properties: { type: { const: kind } },
        additionalProperties: false,
      })),
    )
  })

  it('accepts a sound configuration, and one with variables in place of text', () => {
    expect(accepts(SOUND)).toBe(true)
    expect(
      accepts(soundWith('policy: failover', 'policy: $' + '{POLICY}\n    slowStart: $' + '{SLOW}')),
    ).toBe(true)
  })

  it.each([
    ['policy: failover', 'policy: failver'],
    ['policy: failover', 'polcy: failover'],
    ['type: tcp', 'type: tpc'],
    ['type: tcp', 'type: tcp, interval: 2'],
    ['type: tcp', 'type: tcp, interval: 2x'],
    ['type: tcp', 'type: tcp, transport: udp'],
    ['address: 192.0.2.12', 'adress: 192.0.2.12'],
    ['address: 192.0.2.12', 'address: []'],
    ['address: 192.0.2.12', 'address: 192.0.2.12, port: 65536'],
    ['address: 192.0.2.12', 'address: 192.0.2.12, ports: { sctp: 1 }'],
    ['sip2:', 'Sip_2:'],
    ['type: SRV', 'type: MX'],
    ['    answers:', '    ttl: { min: 1s }\n    answers:'],
    ['    nameservers: [ns1.example.net., ns2.example.net.]\n', ''],
    ['probes:\n', 'hooks: { a: { type: none } }\nprobes:\n'],
    ['probes:\n', 'dns: { listen: [], workers: 1 }\nprobes:\n'],
  ])('refuses what the reader refuses: %j written as %j', (piece, by) => {
    const text = soundWith(piece, by)
    expect(accepts(text)).toBe(false)
    expect(faultsOf(text)).not.toEqual([])
  })

  it('needs pools or zones, as the reader does', () => {
    expect(accepts('node: ns1')).toBe(false)
    expect(accepts('pools: {}')).toBe(true)
  })
})
