import { describe, expect, it } from 'vitest'
import { layOut } from '../../src/app/roster.ts'
import { keepHealthOfLinks } from '../../src/app/same-link.ts'
import type { HealthState } from '../../src/core/health.ts'
import { initialHealth } from '../../src/health/machine.ts'
import { settingsOf } from '../support/settings.ts'

interface Fibre {
  readonly address: string
  readonly source?: string
  readonly probes?: string
  readonly lte?: string
}

const watches = ({
  address,
  source = '192.168.1.2',
  probes = 'upstream, options',
  lte = '198.51.100.9',
}: Fibre) =>
  layOut(
    settingsOf(`
node: pbx
probes:
  upstream: { type: tcp, port: 80, destinations: [198.51.100.7] }
  both: { type: tcp, port: 80, destinations: [198.51.100.7, "2001:db8::7"] }
  options: { type: sip-options }
pools:
  links:
    policy: failover
    probes: [${probes}]
    targets:
      fibre: { address: ${address}, source: ${source} }
      lte: { address: ${lte}, source: wan1 }
zones: {}
`),
  ).watches

const DOWN: HealthState = { ...initialHealth(1_800_000_000_000), status: 'down', fails: 3 }

function healthAfter(before: Fibre, after: Fibre, known: readonly string[]): Map<string, HealthState> {
  const health = new Map(known.map((key) => [key, DOWN]))
  keepHealthOfLinks(health, watches(before), watches(after))
  return health
}

describe('a link that gets another address', () => {
  const upstream = 'links/fibre upstream 203.0.113.9'
  const options = 'links/fibre options 203.0.113.9'

  it('keeps what its reference hosts told of it, and nothing of who was asked at the old address', () => {
    const health = healthAfter({ address: '203.0.113.9' }, { address: '203.0.113.77' }, [upstream, options])
    expect(health.get('links/fibre upstream 203.0.113.77')).toBe(DOWN)
    expect(health.has('links/fibre options 203.0.113.77')).toBe(false)
  })

  it('keeps what each probe told of each link apart', () => {
    const by = { source: 'wan0', probes: 'upstream, both' }
    const [before, after] = [
      watches({ address: '203.0.113.9', lte: '198.51.100.9', ...by }),
      watches({ address: '203.0.113.77', lte: '198.51.100.77', ...by }),
    ]
    const health = new Map([...before.keys()].map((key, fails) => [key, { ...DOWN, fails }]))
    keepHealthOfLinks(health, before, after)
    const moved = [...after.keys()].map((key) => health.get(key)?.fails)
    expect([...after.keys()].map((key) => key.replace(/77$/, '9'))).toEqual([...before.keys()])
    expect(moved).toEqual([0, 1, 2, 3])
  })

  it('begins anew where it leaves by another source: that is another link', () => {
    const next = { address: '203.0.113.77', source: '192.168.3.2' }
    expect(healthAfter({ address: '203.0.113.9' }, next, [upstream]).size).toBe(1)
  })

  it('gets nothing of what was known of another link, or of the other family', () => {
    const lte = 'links/lte upstream 198.51.100.9'
    expect(healthAfter({ address: '203.0.113.9' }, { address: '203.0.113.77' }, [lte]).size).toBe(1)
    const both = { address: '[203.0.113.9, "203.0.113.10"]' }
    const health = healthAfter(both, { address: '203.0.113.10' }, [upstream])
    expect(health.has('links/fibre upstream 203.0.113.10')).toBe(false)
    // Another one beside it: nobody has moved.
    const more = healthAfter({ address: '203.0.113.9' }, { address: '[203.0.113.9, "203.0.113.10"]' }, [
      upstream,
    ])
    expect(more.has('links/fibre upstream 203.0.113.10')).toBe(false)
    const by = { source: 'wan0', probes: 'both' }
    const other = healthAfter({ address: '203.0.113.9', ...by }, { address: '"2001:db8::9"', ...by }, [
      'links/fibre both 203.0.113.9',
    ])
    expect(other.size).toBe(1)
  })
})
