import { describe, expect, it } from 'vitest'
import { type Exported, exportsOf } from '../support/exports.ts'

/** The command's entry, vitest's `globalSetup`, and the list that the contract suite holds providers to. */
const CALLED_FROM_OUTSIDE = new Set([
  'src/cli/main.ts main',
  'test/support/build.ts setup',
  'src/publishers/providers/error.ts PROVIDER_FAULTS',
])
/** These are wrong on purpose. */
const RED = 'test/fixtures/red/'

function unused(exported: readonly Exported[]): string[] {
  const found: string[] = []
  for (const { file, name, importers, usedAtHome } of exported) {
    if (CALLED_FROM_OUTSIDE.has(`${file} ${name}`) || file.startsWith(RED)) continue
    const inProduct = importers.some((importer) => importer.startsWith('src/'))
    if (importers.length === 0) found.push(`${file} exports ${name}, which nobody imports`)
    else if (file.startsWith('src/') && !inProduct && !usedAtHome)
      found.push(`${file} has ${name} for tests alone`)
  }
  return found
}

describe('functions, constants and classes that are exported', () => {
  it('are used by somebody, and those of the product by the product', async () => {
    const exported = await exportsOf('.', ['src', 'test', 'bench'])
    expect(exported.length).toBeGreaterThan(500)
    expect(unused(exported)).toEqual([])
  })

  it('and are not used are found (red fixture)', async () => {
    expect(unused(await exportsOf('test/fixtures/red/exports', ['src', 'test']))).toEqual([
      'src/lonely.ts exports LONELY, which nobody imports',
      'src/lonely.ts has onlyTested for tests alone',
      'src/lonely.ts has OnlyTested for tests alone',
    ])
  })
})
