import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { dialogOf, routeOf, tagOf } from '../../../src/wire/sip/dialog.ts'
import type { SipResponse } from '../../../src/wire/sip/message.ts'
import { addressUris, parseSipUri } from '../../../src/wire/sip/uri.ts'

const start = { callId: 'c1', from: '<sip:me@192.0.2.1>;tag=mine', uri: 'sip:600@192.0.2.9:5060' }

function answer(...headers: readonly (readonly [string, string])[]): SipResponse {
  return {
    kind: 'response',
    status: 200,
    phrase: 'OK',
    headers: headers.map(([name, value]) => ({ name, value })),
    body: new Uint8Array(0),
  }
}

describe('SIP URIs', () => {
  test.each([
    ['sip:host', { scheme: 'sip', host: 'host' }],
    ['SIPS:u:p@Host.Example:5061;lr;Transport=TCP', { scheme: 'sips', host: 'host.example', port: 5061 }],
    ['sip:600@[2001:DB8::1]:5062;x=1?Subject=a', { host: '2001:db8::1', port: 5062 }],
    ['sip:a%40b;user=phone@192.0.2.1', { host: '192.0.2.1' }],
  ])('%s', (text, expected) => {
    expect(parseSipUri(text)).toMatchObject(expected)
  })

  test('have parameters, names in lower case', () => {
    const parsed = parseSipUri('sip:h;LR;transport=tcp;maddr=1.2.3.4')
    expect([...(parsed?.parameters ?? [])]).toEqual([
      ['lr', ''],
      ['transport', 'tcp'],
      ['maddr', '1.2.3.4'],
    ])
  })

  test.each([
    '',
    'sip:',
    'tel:+1',
    'sip:h:0',
    'sip:h:65536',
    'sip:h h',
    'sip:h\r\nX: y',
    'sip:h>',
    'sip:u@',
    `sip:${'x'.repeat(1100)}`,
    'sip:ü',
  ])('%j is none', (text) => {
    expect(parseSipUri(text)).toBeUndefined()
  })

  test('of addresses are found with and without names, several a header, the unreadable left out', () => {
    const values = [
      '"A, <sip:no@x>" <sip:a@h;lr>;q=1, <sip:b@h>',
      'sip:c@h;tag=1',
      '<tel:+1>',
      '<sip:d d>',
      'Bob <sip:e@h>',
    ]
    expect(addressUris(values)).toEqual(['sip:a@h;lr', 'sip:b@h', 'sip:c@h', 'sip:e@h'])
  })
})

describe('dialogs', () => {
  test('keep both tags, the Contact, and the recorded route turned round (RFC 3261 section 12.1.2)', () => {
    const dialog = dialogOf(
      start,
      answer(
        ['to', '<sip:600@192.0.2.9>;tag=theirs'],
        ['contact', '<sip:pbx@192.0.2.77:5080>'],
        ['record-route', '<sip:p1;lr>, <sip:p2;lr>'],
        ['record-route', '<sip:p3;lr>'],
      ),
    )
    expect(dialog).toEqual({
      callId: 'c1',
      from: start.from,
      to: '<sip:600@192.0.2.9>;tag=theirs',
      remoteTag: 'theirs',
      remoteTarget: 'sip:pbx@192.0.2.77:5080',
      routeSet: ['sip:p3;lr', 'sip:p2;lr', 'sip:p1;lr'],
    })
  })

  test('of a 2xx without Contact go to the Request-URI; without a To there is none', () => {
    expect(dialogOf(start, answer(['to', '<sip:x>']))).toMatchObject({
      remoteTarget: start.uri,
      remoteTag: '',
    })
    expect(dialogOf(start, answer())).toBeUndefined()
    expect(dialogOf(start, answer(['to', '<sip:x>;tag=a\0b']))).toBeUndefined()
  })

  test('a tag is a parameter of the header, not of the URI', () => {
    expect(tagOf('"x;tag=no" <sip:a;tag=no@h;tag=no>;x=1;TAG=yes;y')).toBe('yes')
    expect(tagOf('sip:a@h;tag=yes')).toBe('yes')
    expect(tagOf('<sip:a;tag=no>')).toBe('')
  })

  const dialog = { callId: 'c', from: 'f', to: 't', remoteTag: 'r', remoteTarget: 'sip:pbx@10.0.0.1' }

  test.each([
    ['no route', [], { requestUri: 'sip:pbx@10.0.0.1', routes: [], nextHop: 'sip:pbx@10.0.0.1' }],
    [
      'a loose router first',
      ['sip:p1;lr', 'sip:p2'],
      { requestUri: 'sip:pbx@10.0.0.1', routes: ['<sip:p1;lr>', '<sip:p2>'], nextHop: 'sip:p1;lr' },
    ],
    [
      'a strict router first',
      ['sip:p1', 'sip:p2;lr'],
      { requestUri: 'sip:p1', routes: ['<sip:p2;lr>', '<sip:pbx@10.0.0.1>'], nextHop: 'sip:p1' },
    ],
  ])('with %s are routed by RFC 3261 section 12.2.1.1', (_what, routeSet, expected) => {
    expect(routeOf({ ...dialog, routeSet })).toEqual(expected)
  })

  test('of any headers can be written on one line, or are none', () => {
    const text = fc.string({ unit: 'binary', maxLength: 40 })
    fc.assert(
      fc.property(text, text, text, (to, contact, route) => {
        const made = dialogOf(
          start,
          answer(['to', to], ['contact', `<sip:${contact}>`], ['record-route', `<sip:${route};lr>`]),
        )
        if (made === undefined) return
        const { requestUri, routes } = routeOf(made)
        expect([made.to, requestUri, ...routes].join('')).not.toMatch(/[\r\n\0]/)
      }),
      { seed: 20261121 },
    )
  })
})
