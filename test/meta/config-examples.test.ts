import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { formatFault } from '../../src/config/fault.ts'
import { configJsonSchema } from '../../src/config/json-schema.ts'
import { loadConfig } from '../../src/config/load.ts'
import { checkZone } from '../../src/zone/check.ts'
import { schemaFaults } from '../config/json-schema-faults.ts'

const FOLDER = join(import.meta.dirname, '../../config')
const DOCS = readFileSync(join(import.meta.dirname, '../../docs/configuration.md'), 'utf8')
const ENV = {
  SIPVANE_TOKEN: 'example-token',
  PROBE_PASSWORD: 'example-password',
  COOKIE_SECRET: '00112233445566778899aabbccddeeff',
  FLEET_TSIG: 'MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=',
  CLOUDFLARE_API_TOKEN: 'example-token-of-forty-characters-in-all',
  AMI_SECRET: 'example-secret',
  TSIG: 'ZXhhbXBsZSBrZXksIDMyIG9jdGV0cywgbm8gc2VjcmV0',
}
const context = { env: ENV, hostname: 'host', baseDir: FOLDER, checkZone }
const names = readdirSync(FOLDER).filter((name) => name.endsWith('.yaml'))

function load(file: string, text: string) {
  const loaded = loadConfig({ file, text }, context)
  return loaded.ok ? loaded : loaded.faults.map(formatFault)
}

/** Addresses that may stand in an example: loopback, RFC 5737, RFC 3849. */
const EXAMPLE_ADDRESS = /^(?:127\.|192\.0\.2\.|198\.51\.100\.|203\.0\.113\.|2001:db8:|::1$)/

describe('configuration examples', () => {
  it('are all there', () => {
    expect(names).toEqual([
      'all-commented.yaml',
      'authoritative.yaml',
      'dual-wan.yaml',
      'failover-pair.yaml',
      'minimal.yaml',
      'tls.yaml',
      'weighted-pool.yaml',
    ])
  })

  it.each(names)('%s loads without a fault or a warning, the zones checked too', (name) => {
    expect(load(name, readFileSync(join(FOLDER, name), 'utf8'))).toMatchObject({ ok: true, warnings: [] })
  })

  it.each(names)('%s is accepted by the JSON Schema', (name) => {
    expect(schemaFaults(configJsonSchema(), parse(readFileSync(join(FOLDER, name), 'utf8')))).toEqual([])
  })

  it.each(names)('%s names example addresses and domains only, and teaches by comments', (name) => {
    const text = readFileSync(join(FOLDER, name), 'utf8')
    const addresses = text.match(/\b\d+\.\d+\.\d+\.\d+\b|\b2[0-9a-f]{3}:[0-9a-f:]+/g) ?? []
    expect(addresses.length).toBeGreaterThan(0)
    expect(addresses.filter((address) => !EXAMPLE_ADDRESS.test(address))).toEqual([])
    expect(
      text.match(/[a-z0-9-]+\.(?:com|net|org)\b/g)?.filter((domain) => !domain.startsWith('example.')),
    ).toEqual([])
    expect(text.match(/# /g)?.length).toBeGreaterThan(3)
  })

  it('all-commented.yaml has every key that the JSON Schema has', () => {
    const text = readFileSync(join(FOLDER, 'all-commented.yaml'), 'utf8')
    const known = [...keysOfSchema(configJsonSchema())]
    const given = keysOfData(parse(text))
    expect(known.length).toBeGreaterThan(50)
    expect(known.filter((key) => !given.has(key))).toEqual([])
  })
})

describe('docs/configuration.md', () => {
  it('names every key that the JSON Schema has', () => {
    expect([...keysOfSchema(configJsonSchema())].filter((key) => !DOCS.includes(`\`${key}\``))).toEqual([])
  })

  it('has only YAML that loads', () => {
    const blocks = [...DOCS.matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => match[1] ?? '')
    expect(blocks.length).toBeGreaterThan(1)
    for (const [index, block] of blocks.entries()) {
      expect(load(`configuration.md, block ${index + 1}`, block)).toMatchObject({ ok: true })
    }
  })
})

function keysOfSchema(schema: unknown, keys = new Set<string>()): Set<string> {
  if (Array.isArray(schema)) for (const item of schema) keysOfSchema(item, keys)
  else if (typeof schema === 'object' && schema !== null) {
    for (const [key, value] of Object.entries(schema)) {
      if (key === 'properties') for (const name of Object.keys(value as object)) keys.add(name)
      keysOfSchema(value, keys)
    }
  }
  return keys
}

function keysOfData(data: unknown, keys = new Set<string>()): Set<string> {
  if (Array.isArray(data)) for (const item of data) keysOfData(item, keys)
  else if (typeof data === 'object' && data !== null) {
    for (const [key, value] of Object.entries(data)) {
      keys.add(key)
      keysOfData(value, keys)
    }
  }
  return keys
}
