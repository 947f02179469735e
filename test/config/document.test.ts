import { describe, expect, it } from 'vitest'
import { faultsOf, SOUND, settingsOf, soundWith } from './support.ts'

describe('YAML', () => {
  it.each([
    ['pools: [', 'c.yaml:1:8: not valid YAML: this [ is not closed; the ] that belongs to it is missing'],
    ['pools: "x', 'c.yaml:1:8: not valid YAML: this " is not closed; the " that belongs to it is missing'],
    ['pools: {}\n\tnode: x', 'c.yaml:2:1: not valid YAML: a tab seen in the indentation; use spaces'],
    [
      'pools: @x',
      'c.yaml:1:8: not valid YAML: a plain value cannot start with this character; put the value in quotes',
    ],
    [
      'pools: {}\n---\nnode: x',
      'c.yaml:2:1: not valid YAML: a second document (---) seen; allowed: one document a file',
    ],
    ['pools: !!binary aGk=', 'c.yaml:1:17 pools: a tag (!) seen that means nothing here'],
    [
      'pools: !mine x',
      'c.yaml:1:8: not valid YAML: a tag (!) seen that means nothing here, or does not fit its value',
    ],
    [
      'node: $' + '{A}\npools: { a: $' + '{A} }',
      'c.yaml:2:14: not valid YAML: a variable ($' + '{NAME}) between { } or [ ] has to be in quotes',
    ],
    [
      '? [a]\n: b',
      'c.yaml:1:3: not valid YAML: a key seen that is no plain text; an address in brackets has to be in quotes, like "[::1]:53"',
    ],
    ['%YAML 1.1\n---\npools: {}', 'c.yaml:1:1: a %YAML directive for another version seen; allowed: 1.2'],
  ])('that is not valid is refused with its place: %j', (text, fault) => {
    expect(faultsOf(text)).toEqual([fault])
  })

  it('has its local errors told together, and nothing after the parser lost its way', () => {
    expect(faultsOf('a: "\\q"\nb: @x\nc: [\nd: }\ne: @y').map((fault) => fault.split(':')[1])).toEqual([
      '1',
      '2',
      '3',
    ])
  })

  it('never repeats the text it stumbles over, which may be a secret', () => {
    for (const text of [
      'admin:\n  token: hunter2: x',
      'admin: {token: @hunter2}',
      'token: "a" hunter2',
      'x: !hunter2 y',
      'x: "\\hunter2"',
      '%hunter2\n---\na: b',
    ]) {
      const faults = faultsOf(text)
      expect(faults.length, text).toBeGreaterThan(0)
      expect(faults.join('\n')).not.toContain('hunter2')
    }
  })

  it('is read by version 1.2: no, on and 0o17 are no surprises', () => {
    expect(settingsOf(`node: no\n${SOUND}`).node).toBe('no')
    expect(settingsOf(`node: on\n${SOUND}`).node).toBe('on')
  })

  it('may start with a byte order mark and have lines that end in CR LF', () => {
    expect(settingsOf(`\ufeff${SOUND.replaceAll('\n', '\r\n')}`)).toEqual(settingsOf(SOUND))
    expect(faultsOf(`\ufeff${soundWith('policy: failover', 'policy: x').replaceAll('\n', '\r\n')}`)).toEqual([
      'c.yaml:6:13 pools.edge.policy: "x" seen; allowed: failover, weighted, all',
    ])
  })

  it('with a key given twice is refused, both places told', () => {
    expect(faultsOf(`${SOUND}pools: {}\n`)).toEqual([
      'c.yaml:16:1 pools: the key is given twice; first in line 4',
    ])
  })

  it('with a key that would hide in a prototype is refused', () => {
    expect(faultsOf(`__proto__: {}\n${SOUND}`)).toEqual(['c.yaml:1:1: a key seen that is no plain text'])
    expect(faultsOf(soundWith('policy: failover', 'policy: constructor'))).toHaveLength(1)
    expect(faultsOf(`constructor: {}\n${SOUND}`)[0]).toMatch(/^c.yaml:1:1 constructor: unknown key; /)
    expect(faultsOf(soundWith('pool: edge', 'pool: toString'))).toHaveLength(1)
  })

  it('nested a hundred deep is refused', () => {
    const faults = faultsOf(`pools: ${'['.repeat(100)}${']'.repeat(100)}`)
    expect(faults[0]).toBe('c.yaml:1:8 pools: a list seen; allowed: a mapping of names to settings')
    expect(faults[1]).toMatch(/^c\.yaml:1:\d+ pools\[0\]\[0\]: nested more than 32 deep$/)
    expect(faultsOf('['.repeat(50_000)).length).toBeGreaterThan(0)
  })
})

describe('aliases', () => {
  it('stand for what their anchor marks', () => {
    const text = soundWith(
      'sip1: { address: 192.0.2.11 }',
      'sip1: { address: 192.0.2.11, ports: &p { udp: 5070 } }',
    ).replace('{ address: 192.0.2.12 }', '{ address: 192.0.2.12, ports: *p }')
    expect(
      settingsOf(text)
        .pools.get('edge')
        ?.targets.map((target) => target.ports.udp),
    ).toEqual([5070, 5070])
  })

  it('have their faults where the anchor is, once for each use', () => {
    const text = soundWith('sip1: { address: 192.0.2.11 }', 'sip1: { address: &a nowhere }').replace(
      '192.0.2.12',
      '*a',
    )
    expect(faultsOf(text).map((fault) => fault.slice(0, fault.indexOf(': ')))).toEqual([
      'c.yaml:9:27 pools.edge.targets.sip1.address',
      'c.yaml:9:27 pools.edge.targets.sip2.address',
    ])
  })

  it.each([
    ['pools: *a', 'c.yaml:1:8 pools: an alias (*) seen whose anchor (&) does not stand before it'],
    ['pools: &a { x: *a }', 'c.yaml:1:16 pools.x: an alias (*) seen inside of what it stands for'],
  ])('that lead nowhere are refused: %j', (text, fault) => {
    expect(faultsOf(text)).toContain(fault)
  })

  it('that multiply are stopped before they fill the memory', () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]']
    for (let i = 1; i < 30; i += 1)
      lines.push(
        `a${i}: &a${i} [${Array(10)
          .fill(`*a${i - 1}`)
          .join(', ')}]`,
      )
    expect(faultsOf(lines.join('\n'))).toContainEqual(
      expect.stringMatching(/^c\.yaml:\d+:\d+ a\d+\[\d\]: aliases stand for more than 20000 values in all$/),
    )
  })
})
