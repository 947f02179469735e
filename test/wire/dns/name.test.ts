import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DomainName } from '../../../src/core/brand.ts'
import {
  canonicalName,
  compareNames,
  encodeName,
  isSubdomain,
  isWithin,
  labelsOf,
  NameError,
  nameFromWire,
  parentOf,
} from '../../../src/wire/dns/name.ts'

fc.configureGlobal({ seed: 1035 })

const origin = canonicalName('voice.example.com.')
const name = (text: string): DomainName => canonicalName(text)

/** Wire labels of any octets, within the length limits. */
const wireName = fc
  .array(fc.uint8Array({ minLength: 1, maxLength: 63 }), { maxLength: 6 })
  .filter((labels) => labels.reduce((sum, label) => sum + label.length + 1, 1) <= 255)
  .map((labels) => Uint8Array.from([...labels.flatMap((label) => [label.length, ...label]), 0]))

function lowered(wire: Uint8Array): Uint8Array {
  return wire.map((octet) => (octet >= 0x41 && octet <= 0x5a ? octet + 0x20 : octet))
}

describe('canonicalName', () => {
  it.each([
    ['@', 'voice.example.com.'],
    ['_sip._udp', '_sip._udp.voice.example.com.'],
    ['SIP1.Example.COM.', 'sip1.example.com.'],
    ['.', '.'],
    ['*', '*.voice.example.com.'],
    ['\\097b', 'ab.voice.example.com.'],
    ['\\065b', 'ab.voice.example.com.'],
    ['a\\.b.c', 'a\\.b.c.voice.example.com.'],
    ['a\\@b', 'a\\@b.voice.example.com.'],
    ['a@b', 'a\\@b.voice.example.com.'],
    ['\\@', '\\@.voice.example.com.'],
    ['a\\000\\255.', 'a\\000\\255.'],
    ['a\\ b.', 'a\\032b.'],
    ['\\x\\-y.', 'x-y.'],
  ])('reads %j as %j', (text, expected) => {
    expect(canonicalName(text, origin)).toBe(expected)
  })

  it('takes a name without an origin as absolute', () => {
    expect(canonicalName('Voice.Example.com')).toBe('voice.example.com.')
  })

  it('folds ASCII letters only, so that octets C0 and E0 stay two names (RFC 4343)', () => {
    expect(canonicalName('\\192.')).not.toBe(canonicalName('\\224.'))
  })

  it.each([
    ['', /empty/],
    ['a..b', /empty label/],
    ['.a', /begins with a dot/],
    ['..', /begins with a dot/],
    [`${'a'.repeat(64)}.`, /64 octets/],
    ['a\\', /backslash/],
    ['a\\25', /escape/],
    ['a\\256', /escape/],
    ['a b', /blank/],
    ['a\u0000b', /control/],
    ['münchen.example.', /Punycode/],
    ['a\\é', /Punycode/],
    [`${`${'a'.repeat(63)}.`.repeat(4)}`, /257 octets/],
  ])('refuses %j', (text, reason) => {
    expect(() => canonicalName(text, origin)).toThrow(NameError)
    expect(() => canonicalName(text, origin)).toThrow(reason)
  })

  it('refuses "@" where there is no origin', () => {
    expect(() => canonicalName('@')).toThrow(NameError)
  })

  it('takes 255 octets and refuses 256, the origin counted', () => {
    const head = `${'a'.repeat(63)}.`.repeat(3)
    expect(encodeName(canonicalName(`${head}${'b'.repeat(61)}.`))).toHaveLength(255)
    expect(() => canonicalName(`${head}${'b'.repeat(62)}.`)).toThrow(NameError)
    expect(() => canonicalName(`${head}${'b'.repeat(61)}`, origin)).toThrow(NameError)
  })

  it('counts an escape as one octet of its label', () => {
    expect(encodeName(canonicalName(`${'\\000'.repeat(63)}.`))).toHaveLength(65)
    expect(() => canonicalName(`${'\\000'.repeat(64)}.`)).toThrow(NameError)
  })

  it('leaves a canonical name as it is, whatever its octets', () => {
    fc.assert(
      fc.property(wireName, (wire) => {
        const canonical = nameFromWire(wire)
        expect(canonicalName(canonical, origin)).toBe(canonical)
      }),
    )
  })
})

describe('wire names', () => {
  it('give back the octets, lower-cased, for any labels', () => {
    fc.assert(
      fc.property(wireName, (wire) => {
        expect(encodeName(nameFromWire(wire))).toEqual(lowered(wire))
      }),
    )
  })

  it('are the same string for equal names and differ otherwise', () => {
    fc.assert(
      fc.property(wireName, wireName, (a, b) => {
        const equal = Buffer.from(lowered(a)).equals(Buffer.from(lowered(b)))
        expect(nameFromWire(a) === nameFromWire(b)).toBe(equal)
      }),
    )
  })

  it.each([
    ['no octets', []],
    ['no root label', [1, 0x61]],
    ['a label past the end', [5, 0x61, 0x62]],
    ['a pointer', [0xc0, 0x0c]],
    ['a label type of the past', [0x41, 0x61, 0]],
    ['octets behind the root', [1, 0x61, 0, 0]],
    ['256 octets', [63, 63, 63, 62].flatMap((length) => [length, ...Array(length).fill(0x61)]).concat(0)],
  ])('are refused with %s', (_, octets) => {
    expect(() => nameFromWire(Uint8Array.from(octets))).toThrow(NameError)
  })

  it('may have 255 octets', () => {
    const octets = [63, 63, 63, 61]
      .flatMap((length) => [length, ...Array<number>(length).fill(0x61)])
      .concat(0)
    expect(encodeName(nameFromWire(Uint8Array.from(octets)))).toEqual(Uint8Array.from(octets))
  })

  it('never fail in another way than NameError, for any octets', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (octets) => {
        try {
          expect(encodeName(nameFromWire(octets))).toEqual(lowered(octets))
        } catch (error) {
          expect(error).toBeInstanceOf(NameError)
        }
      }),
    )
  })
})

describe('labels and parents', () => {
  it('do not split at an escaped dot', () => {
    expect(labelsOf(name('a\\.b.example.'))).toEqual(['a\\.b', 'example'])
    expect(parentOf(name('a\\.b.example.'))).toBe('example.')
  })

  it('end at the root, which has neither', () => {
    expect(labelsOf(name('.'))).toEqual([])
    expect(parentOf(name('com.'))).toBe('.')
    expect(parentOf(name('.'))).toBeUndefined()
  })

  it('put together again give the name', () => {
    fc.assert(
      fc.property(wireName, (wire) => {
        const whole = nameFromWire(wire)
        const parent = parentOf(whole)
        const first = labelsOf(whole)[0]
        if (parent === undefined) expect(whole).toBe('.')
        else expect(`${first}.${parent === '.' ? '' : parent}`).toBe(whole)
      }),
    )
  })
})

describe('isSubdomain', () => {
  it.each([
    ['a.example.', 'example.', true],
    ['example.', 'example.', true],
    ['example.', '.', true],
    ['.', 'example.', false],
    ['anexample.', 'example.', false],
    ['a\\.example.', 'example.', false],
    ['a\\\\.example.', 'example.', true],
    ['example.', 'a.example.', false],
  ])('of %j in %j is %s', (child, parent, expected) => {
    expect(isSubdomain(name(child), name(parent))).toBe(expected)
  })

  it('agrees with walking up the parents, whatever the octets', () => {
    const few = fc
      .array(fc.constantFrom([0x61], [0x2e], [0x5c], [0x5c, 0x2e], [0x61, 0x2e]), { maxLength: 4 })
      .map((labels) =>
        nameFromWire(Uint8Array.from([...labels.flatMap((label) => [label.length, ...label]), 0])),
      )
    fc.assert(
      fc.property(few, few, (child, parent) => {
        let up: DomainName | undefined = child
        while (up !== undefined && up !== parent) up = parentOf(up)
        expect(isSubdomain(child, parent)).toBe(up === parent)
      }),
    )
  })
})

describe('compareNames', () => {
  it('gives the order of the example in RFC 4034 section 6.1', () => {
    const sorted = [
      'example.',
      'a.example.',
      'yljkjljk.a.example.',
      'Z.a.example.',
      'zABC.a.EXAMPLE.',
      'z.example.',
      '\\001.z.example.',
      '*.z.example.',
      '\\200.z.example.',
    ].map((text) => name(text))
    expect([...sorted].reverse().sort(compareNames)).toEqual(sorted)
  })

  it('is a total order: antisymmetric, and zero for equal names only', () => {
    fc.assert(
      fc.property(wireName, wireName, (x, y) => {
        const [a, b] = [nameFromWire(x), nameFromWire(y)]
        expect(Math.sign(compareNames(a, b))).toBe(-Math.sign(compareNames(b, a)) + 0)
        expect(compareNames(a, b) === 0).toBe(a === b)
      }),
    )
  })
})

describe('isWithin', () => {
  const origins = [name('voice.example.'), name('lab.test.')]

  it.each([
    ['voice.example.', true],
    ['sip.lab.test.', true],
    ['example.', false],
    ['invoice.example.', false],
  ])('%s is one of the origins or below one of them: %s', (text, expected) => {
    expect(isWithin(name(text), origins)).toBe(expected)
    expect(isWithin(name(text), [])).toBe(false)
  })
})
