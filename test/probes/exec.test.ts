import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Outcome } from '../../src/core/outcome.ts'
import type { AskContext, Prober } from '../../src/probes/definition.ts'
import { exec } from '../../src/probes/exec.ts'
import { createSipTransports } from '../../src/probes/transport/shared-sip-transports.ts'
import { probeDeps } from '../support/probe-deps.ts'
import { realTime, until } from '../support/sip-real-time.ts'
import { labTarget } from '../support/sip-targets.ts'

let dir = ''
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sipvane-exec-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

async function prober(command: readonly string[], env?: Record<string, string>): Promise<Prober> {
  const sip = createSipTransports({ clock: realTime, timers: realTime })
  const options = exec.options.parse({ command, ...(env === undefined ? {} : { env }) })
  const made = exec.create(options, probeDeps({ clock: realTime, timers: realTime, sip }))
  await made.start()
  return made
}

async function ask(script: string, context: Partial<AskContext> = {}): Promise<Outcome> {
  const made = await prober(['sh', '-c', script])
  return made.ask(labTarget(5060), '127.0.0.1', { timeoutMs: 10_000, ...context })
}

/** Of a process group: how many of its members live. */
async function livesOn(pid: number): Promise<boolean> {
  const state = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '')
  return state !== '' && !/\) Z /.test(state)
}

describe('a plugin', () => {
  test.each([
    [
      0,
      'OK - fine | rta=2.5ms',
      { result: 'pass', reason: 'ok', detail: 'OK - fine, rta=2.5ms', rttMs: 2.5, attempts: 1 },
    ],
    [
      2,
      'CRITICAL - dead',
      { result: 'fail', reason: 'check-failed', detail: 'CRITICAL - dead', attempts: 1 },
    ],
    [
      3,
      'UNKNOWN - usage',
      { result: 'inconclusive', reason: 'no-verdict', detail: 'UNKNOWN - usage', attempts: 1 },
    ],
    [
      127,
      'x: not found',
      {
        result: 'inconclusive',
        reason: 'no-verdict',
        detail: 'the program ended with code 127: x: not found',
        attempts: 1,
      },
    ],
  ])('that ends with %i', async (code, text, expected) => {
    expect(await ask(`echo '${text}'; exit ${code}`)).toEqual(expected)
  })

  test('that warns passes, impaired', async () => {
    expect(await ask("echo 'WARNING - slow | time=0.9s'; exit 1")).toEqual({
      result: 'pass',
      reason: 'ok',
      detail: 'WARNING - slow, time=0.9s',
      impaired: 'WARNING - slow',
      rttMs: 900,
      attempts: 1,
    })
  })

  test('that a signal ends says nothing of the target', async () => {
    expect(await ask('kill -TERM $$')).toMatchObject({
      reason: 'no-verdict',
      detail: expect.stringContaining('was ended by SIGTERM'),
    })
  })

  test('that complains on stderr only is quoted from there', async () => {
    expect(await ask('echo broken >&2; exit 2')).toMatchObject({ detail: 'broken' })
  })

  test('gets arguments as they are, without a shell', async () => {
    const made = await prober([
      'printf',
      '%s|',
      '{address} $HOME; `id`',
      '{target}',
      '{pool}/{name}',
      '{port}',
    ])
    const texts: string[] = []
    await made.ask(labTarget(5070), '127.0.0.1', {
      timeoutMs: 10_000,
      trace: ({ direction, text }) => void (direction === 'received' && texts.push(text)),
    })
    expect(texts).toEqual(['127.0.0.1 $HOME; `id`|edge/sip1|edge/sip1|5070|'])
  })

  test('gets a clean environment: ours stays with us', async () => {
    process.env.SIPVANE_TEST_SECRET = 'hush'
    try {
      const file = join(dir, 'env')
      const made = await prober(['sh', '-c', `env > ${file}`], { EXTRA: 'x' })
      await made.ask(labTarget(5060, { source: '127.0.0.1' }), '127.0.0.1', { timeoutMs: 10_000 })
      const names = (await readFile(file, 'utf8')).split('\n').map((line) => line.split('=', 1)[0])
      // PWD, SHLVL, OLDPWD and _ are the shell's own.
      expect(
        names.filter((name) => name !== '' && !/^(PWD|OLDPWD|SHLVL|_)$/.test(name ?? '')).sort(),
      ).toEqual([
        'EXTRA',
        'LC_ALL',
        'PATH',
        'SIPVANE_ADDRESS',
        'SIPVANE_NAME',
        'SIPVANE_POOL',
        'SIPVANE_PORT_TCP',
        'SIPVANE_PORT_TLS',
        'SIPVANE_PORT_UDP',
        'SIPVANE_PORT_WS',
        'SIPVANE_PORT_WSS',
        'SIPVANE_SOURCE',
        'SIPVANE_TARGET',
        'SIPVANE_TIMEOUT_MS',
      ])
    } finally {
      delete process.env.SIPVANE_TEST_SECRET
    }
  })

  test('a time-out kills the whole group, children included', async () => {
    const file = join(dir, 'pids')
    const answer = ask(`sleep 1000 & echo $! $$ > ${file}; wait`, { timeoutMs: 700 })
    expect(await answer).toMatchObject({ result: 'fail', reason: 'timeout', attempts: 1 })
    const pids = (await readFile(file, 'utf8')).trim().split(' ').map(Number)
    expect(pids).toHaveLength(2)
    for (const pid of pids) {
      let alive = true
      void (async () => {
        while (alive) alive = await livesOn(pid)
      })()
      await until(() => !alive, `process ${pid} to end`)
    }
  })

  test('what it leaves in the background ends with it, and cannot hold the answer up', async () => {
    const startMs = realTime.nowMs()
    expect(await ask('sleep 1000 & echo OK; exit 0')).toMatchObject({ result: 'pass', detail: 'OK' })
    expect(realTime.nowMs() - startMs).toBeLessThan(5000)
  })

  test('endless output is cut, not kept', async () => {
    const answer = await ask('head -c 10000000 /dev/zero | tr "\\0" y')
    expect(answer).toMatchObject({ result: 'pass' })
    expect(answer.detail?.length).toBe(200)
  })

  test('no more than sixteen run at once; one whose turn does not come is our own shortage', async () => {
    await writeFile(join(dir, 'log'), '')
    const made = await prober(['sh', '-c', `echo + >> ${dir}/log; sleep 1000`])
    const controllers = Array.from({ length: 16 }, () => new AbortController())
    const first = controllers.map(({ signal }) =>
      made.ask(labTarget(1), '127.0.0.1', { timeoutMs: 60_000, signal }),
    )
    const late = await made.ask(labTarget(1), '127.0.0.1', { timeoutMs: 50 })
    expect(late).toMatchObject({ result: 'inconclusive', reason: 'no-resources', attempts: 0 })
    for (const controller of controllers) controller.abort()
    for (const answer of await Promise.all(first)) expect(answer.reason).toBe('aborted')
    expect((await readFile(join(dir, 'log'), 'utf8')).length).toBeLessThanOrEqual(16 * 2)
    const next = await prober(['true'])
    expect(await next.ask(labTarget(1), '127.0.0.1', { timeoutMs: 10_000 })).toMatchObject({ result: 'pass' })
  })

  test('a program that is not there is told at the start', async () => {
    const plain = join(dir, 'plain')
    await writeFile(plain, '', { mode: 0o644 })
    for (const program of ['no-such-plugin-here', '/no/such/plugin', plain, dir]) {
      await expect(prober([program])).rejects.toMatchObject({ code: 'exec-unusable' })
    }
  })

  test.each([
    [{ command: [] }],
    [{ command: ['./relative'] }],
    [{ command: ['a b'] }],
    [{ command: ['true', '{adress}'] }],
    [{ command: 'true' }],
    [{ command: ['true'], env: { 'A=B': 'x' } }],
  ])('%j is refused', (given) => {
    expect(exec.options.safeParse(given).success).toBe(false)
  })
})
