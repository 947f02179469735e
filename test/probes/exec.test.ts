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

/** Whether that process is there, and no zombie. */
async function livesOn(pid: number): Promise<boolean> {
  const state = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '')
  return state !== '' && !/\) Z /.test(state)
}

async function ended(pid: number): Promise<void> {
  let alive = true
  void (async () => {
    while (alive) alive = await livesOn(pid)
  })()
  await until(() => !alive, `process ${pid} to end`)
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

  test('is traced by its name and the number of its arguments: a password may be among them', async () => {
    const made = await prober(['true', '-C', 'hush, from the environment', '{address}'], { TOKEN: 'hush' })
    const texts: string[] = []
    const outcome = await made.ask(labTarget(1), '127.0.0.1', {
      timeoutMs: 10_000,
      trace: ({ text }) => void texts.push(text),
    })
    expect(texts[0]).toMatch(/^running \/\S+\/true with 3 arguments$/)
    expect(JSON.stringify([texts, outcome])).not.toContain('hush')
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

  test('begins in / with nothing to read', async () => {
    expect(await ask('cat; pwd', { timeoutMs: 5000 })).toMatchObject({ result: 'pass', detail: '/' })
  })

  test('a time-out kills the whole group, children included, whatever signal they ignore', async () => {
    const file = join(dir, 'pids')
    const answer = ask(`trap '' TERM INT HUP; sleep 1000 & echo $! $$ > ${file}; wait`, { timeoutMs: 700 })
    expect(await answer).toMatchObject({ result: 'fail', reason: 'timeout', attempts: 1 })
    const pids = (await readFile(file, 'utf8')).trim().split(' ').map(Number)
    expect(pids).toHaveLength(2)
    for (const pid of pids) await ended(pid)
  })

  test('what it leaves in the background ends with it, and cannot hold the answer up', async () => {
    const file = join(dir, 'pid')
    const startMs = realTime.nowMs()
    const script = `sleep 1000 & echo $! > ${file}; echo OK; exit 0`
    expect(await ask(script)).toMatchObject({ result: 'pass', detail: 'OK' })
    expect(realTime.nowMs() - startMs).toBeLessThan(5000)
    await ended(Number(await readFile(file, 'utf8')))
  })

  test('what leaves its group and keeps its output open cannot hold the answer up either', async () => {
    const file = join(dir, 'pid')
    const leaves = `setsid sh -c 'echo $$ > ${file}; exec sleep 1000' &`
    const answer = await ask(`${leaves} while [ ! -s ${file} ]; do sleep 0.01; done; echo OK`)
    process.kill(Number(await readFile(file, 'utf8')))
    expect(answer).toMatchObject({ result: 'pass', detail: 'OK' })
  })

  test('endless output is cut, not kept', async () => {
    const answer = await ask('head -c 10000000 /dev/zero | tr "\\0" y')
    expect(answer).toMatchObject({ result: 'pass' })
    expect(answer.detail?.length).toBe(200)
    const behind = await ask('printf "OK %9000s| rta=7000000ms\\n" x')
    expect(behind).toMatchObject({ result: 'pass' })
    expect(behind.rttMs).toBeLessThan(7_000_000)
  })

  test('is not run where our own source is gone', async () => {
    const made = await prober(['sh', '-c', `echo ran > ${dir}/ran`])
    const target = labTarget(1, { source: '192.0.2.99' })
    const answer = await made.ask(target, '127.0.0.1', { timeoutMs: 10_000 })
    expect(answer).toMatchObject({ result: 'inconclusive', reason: 'no-route', attempts: 0 })
    await expect(readFile(join(dir, 'ran'))).rejects.toThrow('ENOENT')
  })

  test('no more than sixteen run at once; one whose turn does not come is our own shortage', async () => {
    await writeFile(join(dir, 'log'), '')
    // What is asked for port 2 ends at once and tells what was left of its budget.
    const script = `echo + >> ${dir}/log; [ {port} = 2 ] && { echo $SIPVANE_TIMEOUT_MS; exit; }; sleep 1000`
    const made = await prober(['sh', '-c', script])
    const controllers = Array.from({ length: 16 }, () => new AbortController())
    const first = controllers.map(({ signal }) =>
      made.ask(labTarget(1), '127.0.0.1', { timeoutMs: 60_000, signal }),
    )
    const late = await made.ask(labTarget(1), '127.0.0.1', { timeoutMs: 50 })
    expect(late).toMatchObject({ result: 'inconclusive', reason: 'no-resources', attempts: 0 })
    const startMs = realTime.nowMs()
    const patient = made.ask(labTarget(2), '127.0.0.1', { timeoutMs: 60_000 })
    await until(() => realTime.nowMs() - startMs >= 200, 'some of its time to go by')
    for (const controller of controllers) controller.abort()
    for (const answer of await Promise.all(first)) expect(answer.reason).toBe('aborted')
    const told = await patient
    expect(told).toMatchObject({ result: 'pass' })
    expect(Number(told.detail)).toBeLessThanOrEqual(59_801)
    expect((await readFile(join(dir, 'log'), 'utf8')).length).toBeLessThanOrEqual(17 * 2)
    // Each gives its place back.
    for (let round = 0; round < 17; round++) {
      const next = await made.ask(labTarget(2), '127.0.0.1', { timeoutMs: 10_000 })
      expect(next).toMatchObject({ result: 'pass' })
    }
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
