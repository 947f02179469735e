import { describe, expect, it } from 'vitest'
import { faultsOf, settingsOf } from '../support.ts'

/** Pools by name, each with what it depends on and its targets with what they do. */
function config(pools: Record<string, { on?: string; targets: Record<string, string> }>): string {
  const lines = ['probes:', '  options: { type: sip-options }', 'pools:']
  for (const [name, { on, targets }] of Object.entries(pools)) {
    lines.push(`  ${name}:`, '    policy: all', '    probes: [options]')
    if (on !== undefined) lines.push(`    dependsOn: ${on}`)
    lines.push('    targets:')
    for (const [target, its] of Object.entries(targets)) {
      lines.push(`      ${target}: { address: 192.0.2.1${its === '' ? '' : `, dependsOn: ${its}`} }`)
    }
  }
  return lines.join('\n')
}

const CARRIERS = { targets: { a: '', b: '' } }

describe('dependsOn', () => {
  it.each([
    ['carriers', [{ pool: 'carriers' }]],
    ['carriers/a', [{ pool: 'carriers', target: 'a' }]],
    ['a', [{ pool: 'carriers', target: 'a' }]],
    [
      '[carriers/a, b]',
      [
        { pool: 'carriers', target: 'a' },
        { pool: 'carriers', target: 'b' },
      ],
    ],
  ])('%s names what it means, for a pool and for a target', (text, means) => {
    const settings = settingsOf(config({ carriers: CARRIERS, edge: { on: text, targets: { sip1: text } } }))
    expect(settings.pools.get('edge')?.dependsOn).toEqual(means)
    expect(settings.pools.get('edge')?.targets[0]?.dependsOn).toEqual(means)
  })

  it.each([
    ['nobody', 'pools.edge.dependsOn: "nobody" seen; allowed: the name of a pool, or of a target'],
    [
      'carriers/c',
      'pools.edge.dependsOn: "carriers/c" seen; allowed: a target that is configured, as pool/target',
    ],
    [
      'nobody/a',
      'pools.edge.dependsOn: "nobody/a" seen; allowed: a target that is configured, as pool/target',
    ],
    [
      '[a, carriers/a]',
      'pools.edge.dependsOn[1]: "carriers/a" seen; it stands before already; allowed: each once',
    ],
    ['[]', 'pools.edge.dependsOn: an empty list seen; allowed: at least one pool or target'],
    ['5', 'pools.edge.dependsOn: 5 seen; allowed: a pool or a target (pool/target), or a list of them'],
  ])('%s is refused', (text, fault) => {
    const faults = faultsOf(config({ carriers: CARRIERS, edge: { on: text, targets: { sip1: '' } } }))
    expect(faults).toHaveLength(1)
    expect(faults[0]).toContain(fault)
  })

  it('asks for the pool where two have a target of that name', () => {
    const faults = faultsOf(
      config({ carriers: CARRIERS, spare: CARRIERS, edge: { on: 'a', targets: { sip1: '' } } }),
    )
    expect(faults).toEqual([
      expect.stringContaining('"a" seen; allowed: a target named by its pool: carriers/a, spare/a'),
    ])
  })

  it.each([
    [
      'a pool that depends on itself',
      { edge: { on: 'edge', targets: { sip1: '' } } },
      'edge -> edge/sip1 -> edge',
    ],
    [
      'a target that depends on itself',
      { edge: { targets: { sip1: 'edge/sip1' } } },
      'edge/sip1 -> edge/sip1',
    ],
    [
      'a target on its own pool',
      { edge: { targets: { sip1: 'edge', sip2: '' } } },
      'edge -> edge/sip1 -> edge',
    ],
    [
      'a circle of three',
      {
        x: { on: 'y', targets: { a: '' } },
        y: { targets: { b: 'z/c' } },
        z: { on: 'x', targets: { c: '' } },
      },
      'x -> x/a -> y -> y/b -> z/c -> x',
    ],
  ])('%s is refused once, with the way round', (_, pools, way) => {
    const faults = faultsOf(config(pools))
    expect(faults).toHaveLength(1)
    expect(faults[0]).toContain(`a circle: ${way}; allowed: none`)
    expect(faults[0]).toMatch(/dependsOn/)
  })

  it('lets two depend on one, and chains be long', () => {
    const long = Object.fromEntries(
      Array.from({ length: 3000 }, (_, at) => [
        `p${at}`,
        { targets: { t: '' }, ...(at === 2999 ? {} : { on: `p${at + 1}/t` }) },
      ]),
    )
    expect(faultsOf(config(long))).toEqual([])
    expect(
      faultsOf(
        config({
          carriers: CARRIERS,
          x: { on: 'carriers', targets: { t: 'carriers/a' } },
          y: { on: 'x', targets: { t: 'carriers' } },
        }),
      ),
    ).toEqual([])
  })
})
