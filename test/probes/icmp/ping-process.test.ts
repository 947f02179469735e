import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { PingProcesses } from '../../../src/probes/icmp/ping-process.ts'
import { hasPeer } from '../../support/peers.ts'
import { realTime } from '../../support/sip-real-time.ts'

const works = hasPeer('ping', 'iputils-ping')

test.runIf(works)('forty questions at once all get their answer, sixteen processes at a time', async () => {
  const pings = new PingProcesses(realTime)
  let most = 0
  const children = () =>
    execFileSync('ps', ['-o', 'comm=', '--ppid', String(process.pid)], { encoding: 'utf8' })
      .split('\n')
      .filter((name) => name === 'ping').length
  const watch = setInterval(() => {
    most = Math.max(most, children())
  }, 5)
  const asked = Array.from({ length: 40 }, () => pings.ask('127.0.0.1', undefined, { timeoutMs: 10_000 }))
  const answers = await Promise.all(asked)
  clearInterval(watch)
  expect(answers.filter((answer) => answer.result === 'pass')).toHaveLength(40)
  expect(most).toBeLessThanOrEqual(16)
})

/** Runs it with another PATH. */
async function withPath<T>(path: string, work: () => Promise<T>): Promise<T> {
  const before = process.env.PATH
  process.env.PATH = path
  try {
    return await work()
  } finally {
    process.env.PATH = before
  }
}

test('where there is no ping a question is inconclusive', async () => {
  const answer = await withPath('/nonexistent', () =>
    new PingProcesses(realTime).ask('127.0.0.1', undefined, { timeoutMs: 1000 }),
  )
  expect(answer).toMatchObject({ result: 'inconclusive', reason: 'internal', attempts: 0 })
})

test('a question that finds no place within its time-out is not counted against the host', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sipvane-ping-'))
  await writeFile(join(folder, 'ping'), '#!/bin/sh\nexec sleep 60\n', { mode: 0o755 })
  const pings = new PingProcesses(realTime)
  await withPath(`${folder}:${process.env.PATH}`, async () => {
    const asked = Array.from({ length: 16 }, () => {
      const withdraw = new AbortController()
      const answer = pings.ask('127.0.0.1', undefined, { timeoutMs: 60_000, signal: withdraw.signal })
      return { withdraw, answer }
    })
    expect(await pings.ask('127.0.0.1', undefined, { timeoutMs: 20 })).toMatchObject({
      result: 'inconclusive',
      reason: 'no-resources',
      attempts: 0,
    })
    for (const { withdraw } of asked) withdraw.abort()
    for (const { answer } of asked) expect(await answer).toMatchObject({ reason: 'aborted' })
  })
  await rm(folder, { recursive: true })
})
