import { describe, expect, it } from 'vitest'
import { faultsOf, SOUND, settingsOf, soundWith } from './support.ts'

describe('settings', () => {
  it('have the documented defaults', () => {
    const settings = settingsOf(SOUND)
    expect(settings.node).toBe('host.example')
    expect([settings.stateDir, settings.dns, settings.admin]).toEqual([undefined, undefined, undefined])
    expect(settings.probes.get('tcp')).toEqual({
      name: 'tcp',
      kind: 'tcp',
      intervalMs: 2_000,
      timeoutMs: 1_000,
      fastIntervalMs: 400,
      rise: 2,
      fall: 3,
      onFail: 'down',
      options: {},
    })
    expect(settings.pools.get('edge')).toMatchObject({
      allDown: 'serve-all',
      fallback: [],
      failback: { mode: 'auto', delayMs: 60_000 },
      slowStartMs: 0,
    })
    expect(settings.pools.get('edge')?.targets[0]).toEqual({
      id: 'edge/sip1',
      pool: 'edge',
      name: 'sip1',
      addresses: ['192.0.2.11'],
      ports: { udp: 5060, tcp: 5060, tls: 5061, ws: 80, wss: 443 },
      priority: 10,
      weight: 100,
    })
    expect([...settings.zones.values()][0]).toEqual({
      origin: 'voice.example.com.',
      nameservers: ['ns1.example.net.', 'ns2.example.net.'],
      ttl: { min: 30, max: 30 },
      negativeTtl: 15,
      publish: ['dns'],
      records: '',
      answers: [
        {
          name: '_sip._udp.voice.example.com.',
          type: 'SRV',
          pool: 'edge',
          probes: ['options', 'tcp'],
          transports: ['udp'],
        },
      ],
    })
  })

  it.each([
    ['{ type: tcp, interval: 1s }', { timeoutMs: 500, fastIntervalMs: 200 }],
    ['{ type: tcp, interval: 10s }', { timeoutMs: 1_000, fastIntervalMs: 2_000 }],
    ['{ type: tcp, interval: 200ms }', { timeoutMs: 100, fastIntervalMs: 100 }],
    ['{ type: tcp, interval: 100ms }', { timeoutMs: 50, fastIntervalMs: 100 }],
  ])('derive time-out and fast interval of %s', (probe, derived) => {
    expect(settingsOf(soundWith('{ type: tcp }', probe)).probes.get('tcp')).toMatchObject(derived)
  })

  it.each([
    ['port: 5080', { udp: 5080, tcp: 5080, tls: 5061, ws: 80, wss: 443 }],
    ['ports: { tcp: 5062, wss: 8443 }', { udp: 5060, tcp: 5062, tls: 5061, ws: 80, wss: 8443 }],
  ])('give the transports their ports by %s', (key, ports) => {
    const text = soundWith('{ address: 192.0.2.12 }', `{ address: 192.0.2.12, ${key} }`)
    expect(settingsOf(text).pools.get('edge')?.targets[1]?.ports).toEqual(ports)
  })

  it.each([
    ['{ name: "@", type: A, pool: edge }', { name: 'voice.example.com.', transports: [] }],
    ['{ name: www, type: AAAA, pool: edge }', { name: 'www.voice.example.com.' }],
    ['{ name: WWW.Voice.Example.COM., type: A, pool: edge }', { name: 'www.voice.example.com.' }],
    ['{ name: "*", type: A, pool: edge }', { name: '*.voice.example.com.' }],
    ['{ name: _sips._tcp, type: SRV, pool: edge }', { transports: ['tls'] }],
    ['{ name: _sip._tcp.branch, type: SRV, pool: edge }', { transports: ['tcp'] }],
    ['{ name: _sip._udp, type: SRV, pool: edge, port: 5070 }', { port: 5070, transports: ['udp'] }],
    ['{ name: _turn._udp, type: SRV, pool: edge, port: 3478 }', { port: 3478, transports: [] }],
    ['{ name: "@", type: NAPTR, pool: edge }', { transports: ['udp', 'tcp'] }],
    ['{ name: "@", type: NAPTR, pool: edge, transports: [tls, udp] }', { transports: ['tls', 'udp'] }],
    ["{ name: '@', type: A, pool: edge, probes: [tcp, options] }", { probes: ['options', 'tcp'] }],
    ["{ name: '@', type: A, pool: edge, probes: [tcp] }", { probes: ['tcp'] }],
  ])('read the answer %s', (answer, expected) => {
    const text = soundWith('{ name: _sip._udp, type: SRV, pool: edge }', answer)
    expect([...settingsOf(text).zones.values()][0]?.answers[0]).toMatchObject(expected)
  })

  it('keep the order of the file, also for names that look like numbers', () => {
    const text = soundWith(
      'sip1:',
      '"20": { address: 192.0.2.20 }\n      "3": { address: 192.0.2.3 }\n      sip1:',
    )
    const names = settingsOf(text)
      .pools.get('edge')
      ?.targets.map((target) => target.name)
    expect(names).toEqual(['20', '3', 'sip1', 'sip2'])
  })

  it('take addresses in canonical form, in the order given', () => {
    const text = soundWith('address: 192.0.2.12', 'address: ["2001:DB8:0:0::12", 192.0.2.12]')
    expect(settingsOf(text).pools.get('edge')?.targets[1]?.addresses).toEqual(['2001:db8::12', '192.0.2.12'])
  })

  it('resolve the state folder against the folder of the file', () => {
    expect(settingsOf(`state: ./var\n${SOUND}`).stateDir).toBe('/etc/sipvane/var')
    expect(settingsOf(`state: /var/lib/sipvane\n${SOUND}`).stateDir).toBe('/var/lib/sipvane')
  })

  it('read the fallback targets of a pool', () => {
    const text = soundWith(
      'policy: failover',
      'policy: failover\n    allDown: fallback\n    fallback: { vm: { address: 192.0.2.9 } }',
    )
    expect(settingsOf(text).pools.get('edge')).toMatchObject({
      allDown: 'fallback',
      fallback: [{ id: 'edge/vm', addresses: ['192.0.2.9'] }],
    })
  })

  it('are frozen through and through, maps included', () => {
    const settings = settingsOf(SOUND)
    const zone = [...settings.zones.values()][0]
    const target = settings.pools.get('edge')?.targets[0]
    for (const part of [
      settings,
      settings.pools,
      zone,
      zone?.answers,
      target,
      target?.ports,
      target?.addresses,
    ]) {
      expect(Object.isFrozen(part)).toBe(true)
    }
    const pools = settings.pools as Map<string, unknown>
    expect(() => pools.set('x', 1)).toThrow('settings are frozen')
    expect(() => pools.delete('edge')).toThrow('settings are frozen')
    expect(() => pools.clear()).toThrow('settings are frozen')
  })

  it('survive structured cloning, for workers', () => {
    const settings = settingsOf(SOUND)
    expect(structuredClone(settings).pools.get('edge')?.targets).toEqual(settings.pools.get('edge')?.targets)
  })
})

describe('a configuration as a whole', () => {
  it.each([
    ['', 'an empty file'],
    ['# only a comment\n', 'an empty file'],
    ['---\n', 'an empty file'],
    ['{}', 'an empty file'],
    ['~', 'an empty file'],
    ['- a\n- b\n', 'a list'],
    ['just words', '"just words"'],
    ['42', '42'],
  ])('that is %j is refused', (text, seen) => {
    const keys = 'node, state, dns, keys, probes, pools, zones, providers, hooks, monitor, admin, lb'
    expect(faultsOf(text)).toEqual([`c.yaml:1:1: ${seen} seen; allowed: a mapping with the keys ${keys}`])
  })

  it('needs pools or zones', () => {
    expect(faultsOf('node: ns1')).toEqual([
      'c.yaml:1:1: neither pools nor zones seen: there is nothing to do; allowed: one of them at least',
    ])
    expect(faultsOf('pools: {}')).toEqual([])
  })

  it('tells all faults at once, in the order of the file', () => {
    const text = `nod: ns1
probes:
  options: { type: sip-option, interval: 2 }
pools:
  edge: { policy: failover, probes: [optons], targets: { a: { address: x } } }
zones:
  example.com:
    nameservers: [ns1.example.net]
    answers: [{ name: "@", type: A, pool: egde }]
dns: { listen: [here] }
`
    expect(faultsOf(text).map((fault) => fault.slice(0, fault.indexOf(': ')))).toEqual([
      'c.yaml:1:1 nod',
      'c.yaml:3:20 probes.options.type',
      'c.yaml:3:42 probes.options.interval',
      'c.yaml:5:38 pools.edge.probes[0]',
      'c.yaml:5:72 pools.edge.targets.a.address',
      'c.yaml:8:19 zones["example.com"].nameservers[0]',
      'c.yaml:9:43 zones["example.com"].answers[0].pool',
      'c.yaml:10:17 dns.listen[0]',
    ])
  })

  it('does not blame a reference for the faults of what it refers to', () => {
    expect(faultsOf(soundWith('{ type: tcp }', '{ type: tcp, rise: 0 }'))).toHaveLength(1)
    expect(faultsOf(soundWith('policy: failover', 'policy: none'))).toHaveLength(1)
  })

  it('that is larger than 8 MiB is refused before it is parsed', () => {
    expect(faultsOf('#'.repeat(8 * 1024 * 1024 + 1))).toEqual([
      'c.yaml: 8388609 characters seen; allowed: at most 8388608',
    ])
  })

  it('with 10,000 targets loads in seconds, sound or with a fault in each', { timeout: 60_000 }, () => {
    const targets = (extra: string) =>
      Array.from(
        { length: 10_000 },
        (_, i) => `      t${i}: { address: 10.0.${i >> 8}.${i & 255}${extra} }`,
      ).join('\n')
    const text = (extra: string) => soundWith('      sip1: { address: 192.0.2.11 }', targets(extra))
    const started = performance.now()
    expect(settingsOf(text('')).pools.get('edge')?.targets).toHaveLength(10_001)
    expect(faultsOf(text(', prioritty: 1'))).toHaveLength(10_000)
    // About two seconds on a slow machine; comparing each target with each other would take minutes.
    expect(performance.now() - started).toBeLessThan(30_000)
  })

  it('with one zone written in two spellings is refused', () => {
    const text = `${SOUND}  Voice.example.com.: { nameservers: [ns1.example.net., ns2.example.net.] }\n`
    expect(faultsOf(text)).toEqual([
      'c.yaml:16:3 zones["Voice.example.com."]: the same zone stands before it in another spelling',
    ])
  })
})
