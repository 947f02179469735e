import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { main } from '../../src/cli/main.ts'
import { projectRoot } from '../support/root.ts'

interface Mention {
  readonly file: string
  readonly text: string
  /** `drain`, `hook test`. */
  readonly command: string
  readonly options: readonly string[]
}

/** Commands as pages name them: between backticks, or at the start of a line of a code block, behind npx or not. */
async function mentions(): Promise<Mention[]> {
  const docs = await readdir(join(projectRoot(), 'docs'), { recursive: true })
  const files = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...docs.map((name) => join('docs', name))]
  const found: Mention[] = []
  for (const file of files.filter((name) => name.endsWith('.md'))) {
    const page = await readFile(join(projectRoot(), file), 'utf8')
    for (const [, quoted, line] of page.matchAll(
      /`(?:npx )?sipvane ([a-z][^`]*)`|^(?:npx )?sipvane ([a-z][^`]*?)$/gm,
    )) {
      const text = quoted ?? line ?? ''
      // Prose that begins a line with our name is no command.
      if (line !== undefined && !/^[a-z]+( [a-z]+)? (-|\/|edge)/.test(line)) continue
      const [first = '', second = ''] = text.split(/\s+/)
      const command = first === 'hook' ? `hook ${second}` : first
      found.push({ file, text, command, options: text.match(/(?<=\s)--?[a-z][a-z-]*/g) ?? [] })
    }
  }
  return found
}

async function run(args: readonly string[]): Promise<{ stdout: string }> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  await main(args, { stdout, stderr, env: {}, cwd: '/', hostname: 'h' })
  return { stdout: String(stdout.read() ?? '') }
}

async function helpOf(command: string): Promise<{ help: string }> {
  return { help: (await run([...command.split(' '), '--help'])).stdout }
}

describe('commands in the documentation', () => {
  it('are there, with the options that they are given', async () => {
    const all = await mentions()
    const wrong: string[] = []
    for (const { file, text, command, options } of all) {
      const { help } = await helpOf(command)
      if (!help.startsWith(`Usage: sipvane ${command} `))
        wrong.push(`${file}: sipvane ${text}: no such command`)
      const known = new Set(help.match(/(?<![\w-])--?[a-z][a-z-]*/g) ?? [])
      for (const option of options)
        if (!known.has(option)) wrong.push(`${file}: sipvane ${text}: no ${option}`)
    }
    expect(all.length).toBeGreaterThan(30)
    expect(wrong).toEqual([])
  })

  it('begin with those that the help names first, which also tells the exit codes', async () => {
    const { stdout } = await run(['--help'])
    const [, first = ''] = /^To begin: (.*)$/m.exec(stdout) ?? []
    const named = [...first.matchAll(/sipvane ([a-z]+)/g)].map(([, name]) => name)
    expect(named).toEqual(['init', 'check', 'run'])
    expect(stdout).toMatch(/^Exit codes: 0 .*, 1 .*, 2 .*, 3 /m)
  })

  it('would be found wrong where they were: a command and an option that are not there', async () => {
    expect((await helpOf('drian')).help).not.toMatch(/^Usage: sipvane drian /)
    expect((await helpOf('drain')).help).not.toContain('--until')
  })
})
