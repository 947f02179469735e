import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { sourceFiles } from '../support/imports.ts'

const PAGE = readFileSync('docs/rfc-coverage.md', 'utf8')

interface Cited {
  readonly rfc: string
  readonly section: string
}

/** By RFC: the sections that rows name; an empty list where a row is about all of it. */
function sectionsOf(page: string): Map<string, string[][]> {
  const known = new Map<string, string[][]>()
  for (const [, standards = ''] of page.matchAll(/^\| (RFC [^|]+) \|/gm)) {
    for (const [, rfc = '', rest = ''] of standards.matchAll(/RFC (\d+)((?:,? (?:[A-Z]\.)?\d[\d.]*)*)/g)) {
      const sections = [...rest.matchAll(/(?:[A-Z]\.)?\d[\d.]*/g)].map(([section]) => section)
      known.set(rfc, [...(known.get(rfc) ?? []), sections])
    }
  }
  return known
}

/** `RFC 1035 section 3.3`, `RFC 3261 sections 18.3 and 20.14`. */
function citedIn(text: string): Cited[] {
  const pattern = /RFC (\d+) sections? ((?:[A-Z]\.)?\d[\d.]*(?:(?:, | and )(?:[A-Z]\.)?\d[\d.]*)*)/g
  return [...text.matchAll(pattern)].flatMap(([, rfc = '', sections = '']) =>
    sections.split(/, | and /).map((section) => ({ rfc, section: section.replace(/\.$/, '') })),
  )
}

/** A chapter is covered by rows about its sections, and a section by a row about its chapter. */
function isCovered({ rfc, section }: Cited, known: ReadonlyMap<string, readonly string[][]>): boolean {
  const within = (inner: string, outer: string) => inner === outer || inner.startsWith(`${outer}.`)
  return (known.get(rfc) ?? []).some(
    (row) => row.length === 0 || row.some((each) => within(section, each) || within(each, section)),
  )
}

describe('the table of RFC coverage', () => {
  it('has every section that the product cites', async () => {
    const known = sectionsOf(PAGE)
    const missing: string[] = []
    let cited = 0
    for (const file of await sourceFiles('.', 'src')) {
      for (const each of citedIn(readFileSync(file, 'utf8'))) {
        cited++
        if (!isCovered(each, known)) missing.push(`${file}: RFC ${each.rfc} section ${each.section}`)
      }
    }
    expect(cited).toBeGreaterThan(200)
    expect(missing).toEqual([])
  })

  it('and a section that no row is about is found', () => {
    const known = sectionsOf('| RFC 1035 4.1.1, RFC 3550 A.1 | what |\n| RFC 2782 | all |\n')
    const cited = citedIn('RFC 1035 sections 4.1, 4.1.1 and 4.1.10. RFC 3550 section A.3, RFC 2782 section 9')
    expect(cited.filter((each) => !isCovered(each, known))).toEqual([
      { rfc: '1035', section: '4.1.10' },
      { rfc: '3550', section: 'A.3' },
    ])
  })

  it('names only code and tests that are there', () => {
    const missing: string[] = []
    let named = 0
    for (const row of PAGE.split('\n')) {
      const cells = row.split(' | ')
      if (!row.startsWith('| RFC') || cells.length !== 4) continue
      for (const [column, root] of [
        [2, 'src'],
        [3, 'test'],
      ] as const) {
        let folder = ''
        for (const [, name = ''] of (cells[column] ?? '').matchAll(/`([^`]+)`/g)) {
          if (name.includes('/')) folder = name.slice(0, name.lastIndexOf('/') + 1)
          const path = join(root, inTree(name.includes('/') ? name : `${folder}${name}`))
          named++
          if (!existsSync(path)) missing.push(`${path} (${cells[0]})`)
        }
      }
    }
    expect(named).toBeGreaterThan(60)
    expect(missing).toEqual([])
  })
})

function inTree(path: string): string {
  return path
    .replace(/^(dns|sip|stun|rtp|icmp)\//, 'wire/$1/')
    .replace(/^(responder|providers|hooks)\//, 'publishers/$1/')
}
