import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasPeer, peerPath } from '../support/peers.ts'

const PAGE = 'docs/secondaries.md'
const page = await readFile(PAGE, 'utf8')

/** What stands in the page's fences of plain text; the YAML is loaded by `test/meta/docs.test.ts`. */
const texts = [...page.matchAll(/^```text\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text)

function snippet(mark: string): string {
  const found = texts.filter((text) => text.includes(mark))
  if (found.length !== 1) throw new Error(`${found.length} snippets of ${PAGE} hold ${mark}`)
  return found[0] ?? ''
}

function run(command: string, args: readonly string[]): { status: number | null; said: string } {
  const { status, stdout, stderr, error } = spawnSync(peerPath(command) ?? command, args, {
    encoding: 'utf8',
  })
  return { status, said: `${stdout}${stderr}${error ?? ''}` }
}

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sipvane-docs-secondaries-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const checks = [
  {
    title: 'NSD',
    command: 'nsd-checkconf',
    debian: 'nsd',
    mark: 'xfrd-reload-timeout',
    args: (file: string) => [file],
  },
  {
    title: 'Knot',
    command: 'knotc',
    debian: 'knot',
    mark: 'action: notify',
    args: (file: string) => ['-c', file, 'conf-check'],
  },
  {
    title: 'BIND',
    command: 'named-checkconf',
    debian: 'bind9-utils',
    mark: 'type secondary',
    args: (file: string) => [file],
  },
] as const

describe('the other end, as docs/secondaries.md has it', () => {
  for (const { title, command, debian, mark, args } of checks) {
    const missing = !hasPeer(command, debian)
    it.skipIf(missing)(
      `is sound to ${title}'s own check${missing ? ` (Debian package ${debian})` : ''}`,
      async () => {
        const file = join(folder, `${command}.conf`)
        const text = snippet(mark)
        await writeFile(file, text)
        expect(run(command, args(file))).toMatchObject({ status: 0 })
        // The check does find what is wrong.
        await writeFile(file, text.replace('hmac-sha256', 'hmac-nonsense'))
        expect(run(command, args(file)).status).not.toBe(0)
      },
    )
  }

  const missing = !hasPeer('pdnsutil', 'pdns-backend-lmdb') || !hasPeer('pdns_server', 'pdns-server')
  it.skipIf(missing)(
    `is sound to PowerDNS and its tool${missing ? ' (Debian package pdns-backend-lmdb)' : ''}`,
    async () => {
      const config = snippet('secondary=yes').replace('/var/lib/powerdns', folder)
      await writeFile(join(folder, 'pdns.conf'), config)
      const check = [`--config-dir=${folder}`, '--config=check']
      expect(run('pdns_server', check)).toMatchObject({ status: 0 })
      const commands = snippet('pdnsutil ').trim().split('\n')
      expect(commands).toHaveLength(3)
      for (const command of commands) {
        const [program, ...args] = command.split(' ')
        expect(program).toBe('pdnsutil')
        expect(run('pdnsutil', [`--config-dir=${folder}`, ...args]), command).toMatchObject({ status: 0 })
      }
      const { said } = run('pdnsutil', [`--config-dir=${folder}`, 'show-zone', 'voice.example.com'])
      expect(said).toMatch(/slave zone|secondary/i)
      expect(said).toContain('192.0.2.1')
      expect(said).toContain('fleet')
      await writeFile(join(folder, 'pdns.conf'), `${config}no-such-setting=yes\n`)
      expect(run('pdns_server', check).status).not.toBe(0)
    },
  )

  it("has one key for all, that of sipvane's own configuration", () => {
    const secrets = page.match(/[A-Za-z0-9+/]{43}=/g) ?? []
    expect(secrets).toHaveLength(5)
    expect(new Set(secrets).size).toBe(1)
  })
})
