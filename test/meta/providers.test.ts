import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { providerDefinitions } from '../../src/publishers/providers/registry.ts'

it.each([...providerDefinitions.keys()])(
  'provider %s is held to the contract, and put through 500 rounds of random faults',
  (kind) => {
    const files = readdirSync('test', { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.test.ts'),
    )
    const texts = files.map((name) => readFileSync(`test/${name}`, 'utf8'))
    expect(texts.some((text) => text.includes(`${kind}Fixture`) && text.includes('providerContract('))).toBe(
      true,
    )
    const chaos = new RegExp(`providerChaos\\(${kind}Fixture.*, 500\\)`)
    expect(texts.some((text) => chaos.test(text))).toBe(true)
  },
)
