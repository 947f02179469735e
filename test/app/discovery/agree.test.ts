import { describe, expect, test } from 'vitest'
import { agree, type Said } from '../../../src/app/discovery/agree.ts'
import { believable } from '../../../src/app/discovery/believable.ts'

const says = (source: string, address: string): Said => ({ source, address })
const silent: Said = { source: 's', why: 'no answer' }
const A = '203.0.113.9'
const B = '198.51.100.7'

describe('what several sources come to', () => {
  test.each<[string, readonly Said[], object]>([
    ['nobody answers', [silent], { kind: 'unknown', detail: 's says nothing (no answer)' }],
    ['one answers', [says('a', A), silent], { kind: 'found', address: A }],
    ['all agree', [says('a', A), says('b', A)], { kind: 'found', address: A }],
    [
      'two disagree',
      [says('a', A), says('b', B)],
      { kind: 'disagreement', detail: `a says ${A}, b says ${B}` },
    ],
    [
      'one is outvoted',
      [says('a', B), says('b', A), says('c', A)],
      { kind: 'found', address: A, dissent: `a says ${B}, b says ${A}, c says ${A}` },
    ],
    [
      'half and half of four',
      [says('a', A), says('b', A), says('c', B), says('d', B)],
      { kind: 'disagreement', detail: `a says ${A}, b says ${A}, c says ${B}, d says ${B}` },
    ],
  ])('%s', (_title, said, agreed) => {
    expect(agree(said)).toEqual(agreed)
  })
})

describe('an address from the network', () => {
  test.each([
    ['203.0.113.9', '198.51.100.1', true],
    [' 203.0.113.9\n', '198.51.100.1', true],
    ['2001:DB8::1', '2001:db8::2', true],
    ['10.1.2.3', '198.51.100.1', false],
    ['10.1.2.3', '192.168.0.1', true],
    ['127.0.0.1', '198.51.100.1', false],
    ['127.0.0.1', '10.0.0.1', false],
    ['100.64.0.1', '198.51.100.1', false],
    ['fd00::1', '2001:db8::2', false],
    ['2001:db8::1', '198.51.100.1', false],
    ['0.0.0.0', '198.51.100.1', false],
    ['224.0.0.1', '198.51.100.1', false],
    ['<html>', '198.51.100.1', false],
    ['', '198.51.100.1', false],
  ])('%j for a link that was %s: believed %s', (text, initial, ok) => {
    expect(believable(text, initial).ok).toBe(ok)
  })
})
