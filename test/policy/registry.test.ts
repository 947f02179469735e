import { expect, test } from 'vitest'
import { policies } from '../../src/policy/registry.ts'

test('every policy of the registry goes by its own name and says what it does', () => {
  expect([...policies.keys()]).toEqual(['failover', 'weighted', 'all'])
  for (const [name, policy] of policies) {
    expect(policy.name).toBe(name)
    expect(policy.summary).toMatch(/^[A-Z].{20,}\.$/)
  }
})
