import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Namespaces, namespacesRefused } from '../support/netns/namespaces.ts'
import { projectRoot } from '../support/root.ts'

const why = namespacesRefused()

/** A lab in a process of its own, and the name of its namespace. */
async function lab(): Promise<{ child: ChildProcess; name: string }> {
  const script = join(projectRoot(), 'build', 'test', 'support', 'netns', 'orphan-process.js')
  const child = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'inherit'] })
  if (child.stdout === null) throw new Error('no output to read')
  const [text] = (await once(child.stdout, 'data')) as [Buffer]
  return { child, name: text.toString().trim() }
}

const exists = (name: string) => existsSync(`/run/netns/${name}`)

describe.skipIf(why !== undefined)(
  `network namespaces${why === undefined ? '' : ` (skipped: ${why})`}`,
  () => {
    it('are removed when their process ends, and nobody else is with them', async () => {
      const { child, name } = await lab()
      expect(exists(name)).toBe(true)
      const ended = once(child, 'exit')
      child.stdin?.end()
      await ended
      expect(exists(name)).toBe(false)
    })

    it('of a process that was killed are removed by whoever makes the next ones, with all that ran there; those of living ones stay', async () => {
      const killed = await lab()
      const living = await lab()
      const ended = once(killed.child, 'exit')
      killed.child.kill('SIGKILL')
      await ended
      const next = await Namespaces.create(['office'])
      try {
        expect([killed, living].map(({ name }) => exists(name))).toEqual([false, true])
        expect(execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' })).toContain(next.path('office'))
      } finally {
        await next.remove()
        const over = once(living.child, 'exit')
        living.child.stdin?.end()
        await over
      }
      expect(exists(next.path('office'))).toBe(false)
    })
  },
)
