import { describe, expect, it } from 'vitest'
import { answer, ORIGIN, poolOf, target } from '../sample.ts'
import { check, withRecords } from './sample-check.ts'

const messages = (faults: readonly { readonly message: string }[]) => faults.map(({ message }) => message)

describe('what just passes', () => {
  it('is one TTL for calm and for suspicion', () => {
    expect(check({ ttl: { min: 30, max: 30 } })).toEqual([])
  })

  it('is an SRV answer of an odd name that brings its port', () => {
    expect(check({ answers: [answer('_x._udp', 'SRV', { transports: [], port: 5070 })] })).toEqual([])
  })

  it('is a NAPTR with a regexp and no replacement', () => {
    expect(withRecords('e NAPTR 10 10 "u" "E2U+sip" "!^.*$!sip:a@example.net!" .')).toEqual([])
  })

  it('is a delegation to the name server of a sibling that has no glue here', () => {
    expect(withRecords('a NS ns.b\nb NS ns1')).toEqual([])
  })

  it('is a zone without name servers where updaters alone publish it', () => {
    const faults = check({ nameservers: [], publish: ['cf'], records: '', answers: [answer('@', 'A')] })
    expect(messages(faults)).toEqual([])
  })
})

describe('what is told', () => {
  it('is a name that holds the zone twice, at the apex as well', () => {
    const faults = withRecords(`${ORIGIN.slice(0, -1)} A 192.0.2.9`)
    expect(faults).toMatchObject([{ warning: true }])
    expect(faults[0]?.message).toContain(`a full name ends in a dot: ${ORIGIN}`)
  })

  it('is the size of a fallback that is larger than its pool', () => {
    const fallback = Array.from({ length: 80 }, (_, at) =>
      target('edge', `f${at}`, { addresses: [`198.51.100.${at}`] }),
    )
    const pool = poolOf('edge', [target('edge', 'sip1')], { allDown: 'fallback', fallback })
    const [fault] = check({ answers: [answer('@', 'A')] }, pool)
    expect(fault).toMatchObject({ warning: true, answer: 0 })
    expect(fault?.message).toContain('1280 octets')
  })

  it('is the line that cannot be read, not besides that the name it was for has no address', () => {
    const faults = withRecords('x SRV 1 1 5060 sbc\nsbc A 300.1.1.1')
    expect(faults).toHaveLength(1)
    expect(messages(withRecords('x SRV 1 1 5060 sbc'))[0]).toContain('which has no address in the zone')
  })

  it('is in the order of the text, whichever rule it breaks', () => {
    const faults = withRecords(
      'b CNAME ns1\nb A 192.0.2.9\na SOA ns1 h 1 2 3 4 5\nc.example.org. A 192.0.2.9',
    )
    const lines = faults.map(({ line }) => line ?? 0)
    expect(lines.length).toBeGreaterThanOrEqual(3)
    expect(lines).toEqual([...lines].sort((one, other) => one - other))
  })
})
