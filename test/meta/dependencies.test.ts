import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { importsOf } from '../support/imports.ts'

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
  /** The product goes without where they are missing. */
  readonly optionalDependencies: Readonly<Record<string, string>>
}

/** Used by their commands, not by an import. */
const TOOLS = new Set(['@biomejs/biome', 'typescript', '@types/node', '@types/dns-packet', '@types/ws'])

describe('dependencies', async () => {
  const manifest = JSON.parse(await readFile('package.json', 'utf8')) as Manifest
  const ofProduct = { ...manifest.dependencies, ...manifest.optionalDependencies }
  const packagesOf = async (folder: string) =>
    new Set((await importsOf('.', folder)).filter((one) => one.kind === 'package').map((one) => one.to))
  const inSource = await packagesOf('src')
  const inTests = new Set([...(await packagesOf('test')), ...(await packagesOf('bench')), 'vitest'])

  it('are all used: those of the product by the product, the others by tests and tools', () => {
    expect(Object.keys(ofProduct).filter((name) => !inSource.has(name))).toEqual([])
    const unused = Object.keys(manifest.devDependencies).filter(
      (name) => !inTests.has(name) && !TOOLS.has(name),
    )
    expect(unused).toEqual([])
  })

  it('are all declared: the product imports nothing that only tests install', () => {
    expect([...inSource].filter((name) => !(name in ofProduct))).toEqual([])
    const known = { ...ofProduct, ...manifest.devDependencies }
    expect([...inTests].filter((name) => !(name in known))).toEqual([])
  })

  it('are pinned to exact versions, and the lock file names no download host', async () => {
    const versions = Object.values({ ...ofProduct, ...manifest.devDependencies })
    expect(versions.filter((version) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([])
    expect(await readFile('package-lock.json', 'utf8')).not.toMatch(/"resolved"/)
  })
})
