import { describe, expect, it } from 'vitest'
import { alive, refusing, set, silent, wellKnown } from './scheduler-lab.ts'

describe('the scheduler on a path that it knows', () => {
  it('calls a silent host down 1.06 s after the first question it left unanswered, within four requests a second', async () => {
    let isAlive = true
    const { time, health, sent } = set(['options'], () => wellKnown(() => isAlive), 1, 1)
    await time.advance(19_500)
    isAlive = false
    await time.advance(500 + 1059)
    expect([...health.values()][0]?.status).toBe('up')
    await time.advance(2)
    expect([...health.values()][0]?.status).toBe('down')
    const times = sent.map(({ atMs }) => atMs - 1_020_000).filter((atMs) => atMs >= 0)
    expect(times).toEqual([0, 40, 450, 490, 1020, 1040])
  })

  it('keeps the configured time-out for a kind that has no round trip to tell of', async () => {
    let isAlive = true
    const { time, health } = set(['options'], () => wellKnown(() => isAlive))
    await time.advance(19_500)
    isAlive = false
    await time.advance(500 + 1490)
    expect([...health.values()][0]?.status).toBe('up')
    await time.advance(20)
    expect([...health.values()][0]?.status).toBe('down')
  })
})

describe('a kept connection that broke', () => {
  it('is believed with the first refusal: down within 60 ms', async () => {
    let isAlive = true
    const { time, scheduler, health, outcomes, watches } = set(['options'], () =>
      isAlive ? alive : refusing,
    )
    await time.advance(5500)
    isAlive = false
    scheduler.hasten([watches[0]?.key ?? ''], 'tripped')
    await time.advance(60)
    expect([...health.values()][0]).toMatchObject({ status: 'down', hardFails: 3 })
    expect(outcomes.slice(-3).map(({ detail, reason }) => detail ?? reason)).toEqual([
      'a kept connection broke',
      'refused',
      'refused',
    ])
  })

  it('is nothing where the new connection works: servers close idle ones every day', async () => {
    const { time, scheduler, outcomes, watches } = set(['options'], () => alive)
    await time.advance(5500)
    scheduler.hasten([watches[0]?.key ?? ''], 'tripped')
    await time.advance(2000)
    expect(outcomes.every(({ result }) => result === 'pass')).toBe(true)
  })

  it('is no proof where the new connection is met with silence', async () => {
    let isAlive = true
    const { time, scheduler, outcomes, watches } = set(['options'], () => (isAlive ? alive : silent))
    await time.advance(5500)
    isAlive = false
    scheduler.hasten([watches[0]?.key ?? ''], 'tripped')
    await time.advance(600)
    expect(outcomes.filter(({ result }) => result === 'fail').map(({ reason }) => reason)).toEqual([
      'timeout',
    ])
  })
})
