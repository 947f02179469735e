import { describe, expect, it } from 'vitest'
import {
  answer,
  decisionOf,
  EDGE,
  memberOf,
  NAMESERVER_RECORDS,
  name,
  ORIGIN,
  poolOf,
  target,
  textAt,
} from './sample.ts'
import { build } from './sample-build.ts'

const [sip1, sip2] = EDGE.targets
if (sip1 === undefined || sip2 === undefined) throw new Error('the sample has two targets')
const one = memberOf(sip1)
const two = memberOf(sip2)

describe('SRV answers', () => {
  it('list every member with priority, weight, the port of the transport and the target host', () => {
    const zone = build()
    expect(textAt(zone, '_sip._udp', 'SRV')).toEqual([
      '10 60 5060 sip1.voice.example.com.',
      '20 100 5060 sip2.voice.example.com.',
    ])
    expect(textAt(zone, '_sips._tcp', 'SRV')).toEqual([
      '10 60 5061 sip1.voice.example.com.',
      '20 100 5061 sip2.voice.example.com.',
    ])
  })

  it('take the priority and weight of the decision, not of the configuration', () => {
    const demoted = decisionOf(EDGE, { members: [two, { ...one, priority: 21, weight: 6 }] })
    expect(textAt(build({}, [demoted]), '_sip._udp', 'SRV')).toEqual([
      '20 100 5060 sip2.voice.example.com.',
      '21 6 5060 sip1.voice.example.com.',
    ])
  })

  it('take the port of the answer before that of the target', () => {
    const zone = build({ answers: [answer('_sip._udp', 'SRV', { port: 5080 })] })
    expect(textAt(zone, '_sip._udp', 'SRV')).toContain('10 60 5080 sip1.voice.example.com.')
  })

  it.each(['SBC.example.net.', 'sbc.example.net'])(
    'name the host that a target brings, and publish no addresses for it: %s',
    (host) => {
      const pool = poolOf('edge', [target('edge', 'sip1', { host })])
      const zone = build({}, [decisionOf(pool)], [pool])
      expect(textAt(zone, '_sip._udp', 'SRV')).toEqual(['10 100 5060 sbc.example.net.'])
      expect(textAt(zone, 'sip1', 'A')).toBe('none')
      expect(zone.names).not.toContain(name('sip1'))
    },
  )

  it('leave out a member that the configuration no longer has', () => {
    const gone = memberOf(target('edge', 'old'))
    const zone = build({}, [decisionOf(EDGE, { mode: 'frozen', members: [one, gone] })])
    expect(textAt(zone, '_sip._udp', 'SRV')).toEqual(['10 60 5060 sip1.voice.example.com.'])
  })

  it('serve the fallback targets, and their host names stay when they are not served', () => {
    const spare = target('edge', 'spare', { addresses: ['198.51.100.1'] })
    const pool = poolOf('edge', EDGE.targets, { allDown: 'fallback', fallback: [spare] })
    const down = decisionOf(pool, {
      mode: 'last-resort',
      members: [memberOf(spare)],
      active: [memberOf(spare)],
    })
    const zone = build({}, [down], [pool])
    expect(textAt(zone, '_sip._udp', 'SRV')).toEqual(['10 100 5060 spare.voice.example.com.'])
    expect(textAt(zone, '@', 'A')).toEqual(['198.51.100.1'])
    expect(textAt(build({}, [decisionOf(pool)], [pool]), 'spare', 'A')).toEqual(['198.51.100.1'])
  })
})

describe('host names of targets', () => {
  it('have the addresses that the decision lists, so that a dead family leaves', () => {
    const zone = build({}, [decisionOf(EDGE, { members: [one, { ...two, addresses: ['192.0.2.12'] }] })])
    expect(textAt(zone, 'sip2', 'A')).toEqual(['192.0.2.12'])
    expect(textAt(zone, 'sip2', 'AAAA')).toBe('none')
  })

  it('keep all addresses of a target that no decision lists: a phone may hold an old SRV', () => {
    const zone = build({}, [decisionOf(EDGE, { members: [one] })])
    expect(textAt(zone, 'sip2', 'A')).toEqual(['192.0.2.12'])
    expect(textAt(zone, 'sip2', 'AAAA')).toEqual(['2001:db8::12'])
  })

  it('join what several decisions list', () => {
    const pool = poolOf('edge', EDGE.targets, { probes: ['options', 'tls'] })
    const answers = [
      answer('_sip._udp', 'SRV'),
      answer('_sips._tcp', 'SRV', { transports: ['tls'], probes: ['tls'] }),
    ]
    const udp = decisionOf(pool, { members: [{ ...two, addresses: ['192.0.2.12'] }] })
    const tls = decisionOf(pool, { view: 'tls', members: [{ ...two, addresses: ['2001:db8::12'] }] })
    const zone = build({ answers }, [udp, tls], [pool])
    expect(textAt(zone, 'sip2', 'A')).toEqual(['192.0.2.12'])
    expect(textAt(zone, 'sip2', 'AAAA')).toEqual(['2001:db8::12'])
  })

  it('exist only where SRV answers name them', () => {
    const zone = build({ answers: [answer('@', 'A')] })
    expect(textAt(zone, 'sip1', 'A')).toBe('none')
    expect(zone.names).toEqual([ORIGIN])
  })

  it('may be shared by pools that mean the same server', () => {
    const other = poolOf('trunk', [target('trunk', 'sip1', { addresses: ['192.0.2.11'] })])
    const answers = [
      answer('_sip._udp', 'SRV'),
      answer('_sip._tcp', 'SRV', { pool: 'trunk', transports: ['tcp'] }),
    ]
    const zone = build({ answers }, [decisionOf(EDGE), decisionOf(other)], [EDGE, other])
    expect(textAt(zone, 'sip1', 'A')).toEqual(['192.0.2.11'])
  })
})

describe('NAPTR answers', () => {
  it('offer each transport in the order given, leading to its SRV set (RFC 3263 section 4.1)', () => {
    expect(textAt(build(), '@', 'NAPTR')).toEqual([
      '10 50 "s" "SIP+D2U" "" _sip._udp.voice.example.com.',
      '20 50 "s" "SIP+D2T" "" _sip._tcp.voice.example.com.',
      '30 50 "s" "SIPS+D2T" "" _sips._tcp.voice.example.com.',
    ])
  })

  it('offer WebSocket as RFC 7118 names it', () => {
    const zone = build({ answers: [answer('@', 'NAPTR', { transports: ['wss', 'ws'] })] })
    expect(textAt(zone, '@', 'NAPTR')).toEqual([
      '10 50 "s" "SIPS+D2W" "" _wss._tcp.voice.example.com.',
      '20 50 "s" "SIP+D2W" "" _ws._tcp.voice.example.com.',
    ])
    expect(textAt(zone, '_wss._tcp', 'SRV')).toContain('10 60 443 sip1.voice.example.com.')
  })

  it('leave out a transport whose SRV set is empty, the others keeping their order', () => {
    const pool = poolOf('edge', EDGE.targets, { probes: ['options', 'tls'], allDown: 'nodata' })
    const answers = [
      answer('@', 'NAPTR', { transports: ['tls', 'udp'] }),
      answer('_sips._tcp', 'SRV', { transports: ['tls'], probes: ['tls'] }),
    ]
    const dead = decisionOf(pool, { view: 'tls', members: [], active: [] })
    const zone = build({ answers }, [decisionOf(pool), dead], [pool])
    expect(textAt(zone, '@', 'NAPTR')).toEqual(['20 50 "s" "SIP+D2U" "" _sip._udp.voice.example.com.'])
    expect(zone.names).toContain(name('_sips._tcp'))
  })

  it('lead to static SRV records where those are there, and make none beside them', () => {
    const records = `${NAMESERVER_RECORDS}_sip._tcp SRV 1 1 5070 ns1`
    const zone = build({ records })
    expect(textAt(zone, '_sip._tcp', 'SRV')).toEqual(['1 1 5070 ns1.voice.example.com.'])
    expect(textAt(zone, '@', 'NAPTR')).toHaveLength(3)
  })
})
