import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { environmentOf } from '../../../src/publishers/hooks/exec/environment.ts'
import { runProgram } from '../../../src/publishers/hooks/exec/program.ts'
import { exec } from '../../../src/publishers/hooks/exec.ts'
import { type DriveOptions, decision, driveHook, LTE } from '../../support/hook-driver.ts'

let dir = ''
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sipvane-hook-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

async function script(text: string, drive: DriveOptions = {}, env: Record<string, string> = {}) {
  const path = join(dir, 'hook.sh')
  await writeFile(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 })
  return driveHook(exec, { command: [path, 'a b', '$(id)'], env }, drive)
}

describe('a program', () => {
  it('gets the event in its environment and on stdin, and nothing of ours', async () => {
    process.env.SIPVANE_TEST_LEAK = 'leaked'
    const { run } = await script(
      `env > ${dir}/env; cat > ${dir}/in; echo "$1" "$2" > ${dir}/args`,
      {},
      { SITE: 'hq' },
    )
    const event = decision(LTE, { before: { mode: 'normal', active: [] } })
    expect((await run(event)).error).toBeUndefined()
    delete process.env.SIPVANE_TEST_LEAK
    const env = await readFile(join(dir, 'env'), 'utf8')
    const names = env
      .trim()
      .split('\n')
      .map((line) => line.split('=')[0])
    expect(names.filter((name) => name !== 'PWD' && name !== '_' && name !== 'SHLVL').sort()).toEqual(
      [
        'LC_ALL',
        'PATH',
        'SITE',
        'SIPVANE_ACTIVE',
        'SIPVANE_ADDRESSES',
        'SIPVANE_BEFORE',
        'SIPVANE_BEFORE_ADDRESSES',
        'SIPVANE_EVENT',
        'SIPVANE_EVENT_ID',
        'SIPVANE_EVENT_TIME',
        'SIPVANE_HOOK',
        'SIPVANE_MODE',
        'SIPVANE_NODE',
        'SIPVANE_POOL',
      ].sort(),
    )
    expect(env).toMatch(/^SIPVANE_ADDRESSES=198\.51\.100\.1$/m)
    expect(JSON.parse(await readFile(join(dir, 'in'), 'utf8'))).toEqual(event)
    // No shell looks at an argument.
    expect(await readFile(join(dir, 'args'), 'utf8')).toBe('a b $(id)\n')
  })

  it.each([
    ['exit 0', undefined],
    ['exit 75', { code: 'hook-failed', retryable: true }],
    ['echo broken >&2; exit 3', { code: 'hook-refused', retryable: false }],
    ['kill -9 $$', { code: 'hook-refused' }],
  ])('that ends by "%s"', async (text, expected) => {
    const { error } = await (await script(text)).run(decision(LTE))
    if (expected === undefined) expect(error).toBeUndefined()
    else expect(error).toMatchObject(expected)
  })

  it('that hangs is killed at the deadline with all that it started', async () => {
    const { run } = await script(`sleep 60 & echo $! > ${dir}/child; wait`, { timeoutMs: 700 })
    expect((await run(decision(LTE))).error).toMatchObject({ code: 'hook-timeout' })
    const child = Number(await readFile(join(dir, 'child'), 'utf8'))
    await expect.poll(() => isAlive(child)).toBe(false)
  })

  it('that leaves somebody behind in its group is over when it ends, and they with it', async () => {
    const { run } = await script(`sleep 60 & echo $! > ${dir}/child; exit 0`)
    const startMs = performance.now()
    expect((await run(decision(LTE))).error).toBeUndefined()
    expect(performance.now() - startMs).toBeLessThan(8_000)
    const child = Number(await readFile(join(dir, 'child'), 'utf8'))
    await expect.poll(() => isAlive(child)).toBe(false)
  })

  it('that starts a daemon is over when it ends, though the daemon has left its group and holds its output', async () => {
    const { run } = await script(
      `setsid -f sh -c 'echo $$ > ${dir}/daemon; exec sleep 60'\nuntil [ -s ${dir}/daemon ]; do sleep 0.05; done\necho started`,
    )
    const { error, steps } = await run(decision(LTE))
    const daemon = Number(await readFile(join(dir, 'daemon'), 'utf8'))
    try {
      expect(error).toBeUndefined()
      expect(steps).toEqual([expect.stringContaining('ended well: started')])
      // It is no longer ours: whoever starts a daemon on purpose keeps it.
      expect(await isAlive(daemon)).toBe(true)
    } finally {
      process.kill(daemon, 'SIGKILL')
    }
  })

  it('that floods its output is cut, that reads nothing is no trouble', async () => {
    const { run } = await script('head -c 3000000 /dev/zero | tr "\\0" x')
    const { error, steps } = await run(decision(LTE))
    expect(error).toBeUndefined()
    expect(steps[0]?.length).toBeLessThan(400)
  })

  it('keeps no more of an output than 4 KB, and none of an input that nobody reads', async () => {
    const { signal } = new AbortController()
    const flood = ['/bin/sh', '-c', 'head -c 200000 /dev/zero | tr "\\0" x; exit 3']
    const end = await runProgram(flood, { PATH: '/usr/bin:/bin' }, 'y'.repeat(1_000_000), signal)
    expect([end.exitCode, end.stdout.length]).toEqual([3, 4096])
  })

  it('is told of the event by ours, whatever its own variables are called', () => {
    const env = environmentOf(decision(LTE), 'route', {
      SIPVANE_HOOK: 'x',
      SIPVANE_ACTIVE: 'dsl',
      SITE: 'hq',
    })
    expect(env).toMatchObject({ SIPVANE_HOOK: 'route', SIPVANE_ACTIVE: 'lte', SITE: 'hq' })
  })

  it('that is not there is unusable, and a test says so', async () => {
    const { run, check } = driveHook(exec, { command: ['/no/such/program'] })
    expect((await run(decision(LTE))).error).toMatchObject({ code: 'hook-unusable', retryable: false })
    expect((await check()).value).toMatchObject([{ result: 'fail' }])
  })

  it('is not run in a dry run, nor by a test', async () => {
    const { run, check } = await script(`touch ${dir}/ran`, { dryRun: true })
    expect((await run(decision(LTE))).steps[0]).toContain('would run')
    expect((await check()).value).toMatchObject([{ result: 'pass' }])
    await expect(readFile(join(dir, 'ran'))).rejects.toThrow('ENOENT')
  })
})

/** A zombie that nobody has buried is as dead as one that is gone. */
async function isAlive(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '')
  return stat !== '' && !/\) Z /.test(stat)
}
