import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { formatFault } from '../../src/config/fault.ts'
import { loadConfig } from '../../src/config/load.ts'
import { canonicalName } from '../../src/wire/dns/name.ts'
import { parseMasterFile } from '../../src/wire/dns/text.ts'
import { checkZone } from '../../src/zone/check.ts'
import { commandPath } from '../support/sipvane-process.ts'

/** What every variable holds: hex, as the secrets of cookies are, and base64 by chance, as the keys of TSIG are. */
const SECRET = '00112233445566778899aabbccddeeff'

interface Snippet {
  readonly file: string
  readonly line: number
  readonly language: string
  readonly text: string
}

async function markdownFiles(): Promise<string[]> {
  const docs = await readdir('docs', { recursive: true })
  const inDocs = docs.filter((name) => name.endsWith('.md')).map((name) => join('docs', name))
  return ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...inDocs]
}

async function snippets(language: string): Promise<Snippet[]> {
  const found: Snippet[] = []
  for (const file of await markdownFiles()) {
    const text = await readFile(file, 'utf8')
    for (const match of text.matchAll(/^```(\S*)\n([\s\S]*?)^```$/gm)) {
      const line = text.slice(0, match.index).split('\n').length
      if (match[1] === language) found.push({ file, line, language, text: match[2] ?? '' })
    }
  }
  return found
}

/** What these do is another test's job: demo and run are run end to end, npm installs and tests. */
const RUN_ELSEWHERE = [
  /^npm (ci|test|run \S+)/,
  /^npx sipvane run /,
  /^npx sipvane status /,
  /^npx sipvane query /,
  // Asks an address of documentation (RFC 5737), which nobody has.
  /^npx sipvane probe /,
]

describe('the documentation', async () => {
  const yaml = await snippets('yaml')
  it.each(yaml.map((one) => [`${one.file}:${one.line}`, one] as const))(
    '%s: its YAML is a configuration that loads',
    (_, one) => {
      const env = new Proxy(
        {},
        {
          get: () => SECRET,
          has: () => true,
          getOwnPropertyDescriptor: () => ({ configurable: true, enumerable: true, value: SECRET }),
        },
      )
      const context = { env, hostname: 'ns1', baseDir: '/', checkZone }
      const loaded = loadConfig({ file: one.file, text: one.text }, context)
      expect(loaded.ok ? [] : loaded.faults.map(formatFault)).toEqual([])
    },
  )

  const zones = await snippets('dns')
  it.each(zones.map((one) => [`${one.file}:${one.line}`, one] as const))(
    '%s: its records are master-file text',
    (_, one) => {
      const origin = canonicalName('example.com.')
      const { faults, records } = parseMasterFile(one.text, { origin, defaultTtl: 30 })
      expect(faults).toEqual([])
      expect(records.length).toBeGreaterThan(0)
    },
  )

  it('has shell snippets that run, one after the other', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'sipvane-docs-'))
    let ran = 0
    try {
      for (const { file, line, text } of await snippets('sh')) {
        for (const command of text.split('\n')) {
          const bare = command.replace(/#.*$/, '').trim()
          if (bare === '' || RUN_ELSEWHERE.some((pattern) => pattern.test(bare))) continue
          const args = /^npx sipvane (.*)$/.exec(bare)?.[1]?.split(/\s+/)
          expect(args, `${file}:${line}: ${bare}`).toBeDefined()
          await promisify(execFile)(process.execPath, [commandPath(), ...(args ?? [])], { cwd: dir })
          ran++
        }
      }
    } finally {
      await rm(dir, { recursive: true, force: true })
    }
    expect(ran).toBeGreaterThanOrEqual(3)
  })

  it('names only npm scripts that exist', async () => {
    const scripts = (JSON.parse(await readFile('package.json', 'utf8')) as { scripts: object }).scripts
    for (const file of await markdownFiles()) {
      for (const [, name] of (await readFile(file, 'utf8')).matchAll(/npm run ([\w:-]+)/g)) {
        expect(Object.keys(scripts), `${file} names npm run ${name}`).toContain(name)
      }
    }
  })

  it('links only to files that are there', async () => {
    const broken: string[] = []
    for (const file of await markdownFiles()) {
      for (const [, target = ''] of (await readFile(file, 'utf8')).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)) {
        const path = resolve(dirname(file), target)
        if (!existsSync(path)) broken.push(`${file} -> ${relative('.', path)}`)
      }
    }
    expect(broken).toEqual([])
  })

  it('links only to headings that are there', async () => {
    const broken: string[] = []
    let followed = 0
    for (const file of await markdownFiles()) {
      for (const [, target = '', anchor] of (await readFile(file, 'utf8')).matchAll(
        /\]\(([^)#:\s]*)#([^)\s]+)\)/g,
      )) {
        const path = target === '' ? file : resolve(dirname(file), target)
        const headings = (await readFile(path, 'utf8')).matchAll(/^#{1,6} (.+)$/gm)
        followed++
        if (![...headings].some(([, heading = '']) => anchorOf(heading) === anchor))
          broken.push(`${file} -> ${target}#${anchor}`)
      }
    }
    expect(followed).toBeGreaterThan(10)
    expect(broken).toEqual([])
  })
})

/** As GitHub makes it. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}_ -]/gu, '')
    .replaceAll(' ', '-')
}
