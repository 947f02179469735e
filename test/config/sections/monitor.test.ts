import { describe, expect, it } from 'vitest'
import { faultsOf, SOUND, settingsOf, warningsOf } from '../support.ts'

const withSentinels = (list: string) => `${SOUND}monitor: { sentinels: ${list} }\n`

describe('sentinels', () => {
  it('are asked by ping, by a TCP connect, or by a probe of the configuration', () => {
    const text = withSentinels(
      '[192.0.2.53, "198.51.100.1:443", "[2001:db8::1]:53", { address: 203.0.113.9, port: 5060, probe: options }]',
    )
    const settings = settingsOf(text)
    expect(settings.monitor?.sentinels).toEqual([
      { name: '192.0.2.53', address: '192.0.2.53', probe: '@ping' },
      { name: '198.51.100.1 443', address: '198.51.100.1', port: 443, probe: '@tcp' },
      { name: '2001:db8::1 53', address: '2001:db8::1', port: 53, probe: '@tcp' },
      { name: '203.0.113.9 5060', address: '203.0.113.9', port: 5060, probe: 'options' },
    ])
    expect(settings.probes.get('@ping')).toMatchObject({ kind: 'icmp', intervalMs: 2000, timeoutMs: 1000 })
    expect(settings.probes.get('@tcp')).toMatchObject({ kind: 'tcp' })
  })

  it('bring no probe that nobody asks', () => {
    expect([...settingsOf(withSentinels('["192.0.2.1:53"]')).probes.keys()]).toEqual([
      'options',
      'tcp',
      '@tcp',
    ])
    expect(settingsOf(SOUND)).not.toHaveProperty('monitor')
  })

  it('use a probe as a pool does: it is not said to be unused', () => {
    const probe = SOUND.replace('pools:', '  far: { type: tcp }\npools:')
    expect(warningsOf(probe)).toHaveLength(1)
    expect(warningsOf(`${probe}monitor: { sentinels: [{ address: 192.0.2.1, probe: far }] }\n`)).toEqual([])
  })

  it.each([
    ['[resolver.example.com]', 'monitor.sentinels[0]'],
    ['["192.0.2.1:0"]', 'allowed: an address (asked by ping), address:port'],
    ['["2001:db8::1:53:"]', 'allowed: an address (asked by ping), address:port'],
    ['["[192.0.2.1]:53"]', 'allowed: an address (asked by ping), address:port'],
    [
      '[192.0.2.1, 192.0.2.1]',
      'monitor.sentinels[1]: "192.0.2.1" seen; it stands before already; allowed: each once',
    ],
    [
      '[{ address: 192.0.2.1, probe: optins }]',
      'monitor.sentinels[0].probe: "optins" seen; allowed: options, tcp (did you mean "options"?)',
    ],
    ['[{ address: 192.0.2.1 }]', 'monitor.sentinels[0].probe: missing'],
    ['192.0.2.1', 'monitor.sentinels: "192.0.2.1" seen; allowed: a list of addresses'],
  ])('%s is refused', (list, fault) => {
    const faults = faultsOf(withSentinels(list))
    expect(faults).toHaveLength(1)
    expect(faults[0]).toContain(fault)
  })
})
