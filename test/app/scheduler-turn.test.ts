import { describe, expect, it } from 'vitest'
import { alive, set, wellKnown } from './scheduler-lab.ts'

describe('two probes of one target that goes silent', () => {
  async function deaths() {
    let isAlive = true
    const scene = set(['options', 'again'], () => wellKnown(() => isAlive), 1, 1)
    const { time, health, sent } = scene
    await time.advance(19_500)
    isAlive = false
    const diedMs = time.nowMs()
    const tookMs = new Map<string, number>()
    for (let ms = 0; ms < 5000; ms += 5) {
      await time.advance(5)
      for (const [key, { status }] of health)
        if (status === 'down' && !tookMs.has(key)) tookMs.set(key, time.nowMs() - diedMs)
    }
    return { tookMs: [...tookMs.values()], asked: sent.filter(({ atMs }) => atMs >= diedMs) }
  }

  it('call it down as soon as one alone would, and by the other one 1.5 s later', async () => {
    const { tookMs } = await deaths()
    // Half a second to the first question, 1.06 s for six transmissions.
    expect(tookMs).toHaveLength(2)
    expect(tookMs[0]).toBeLessThanOrEqual(1570)
    expect(tookMs[1]).toBeLessThanOrEqual(1570 + 1520)
  })

  it('send it no more than four requests in any second', async () => {
    const { asked } = await deaths()
    const times = asked.map(({ atMs }) => atMs).sort((a, b) => a - b)
    expect(times.length).toBeGreaterThan(12)
    for (let i = 4; i < times.length; i++) {
      expect((times[i] as number) - (times[i - 4] as number)).toBeGreaterThanOrEqual(980)
    }
  })
})

describe('a probe behind one that leads', () => {
  it('is asked two seconds late at most, however long the other needs to a verdict', async () => {
    let question = 0
    // Two of three go unanswered until the path counts as one that loses a lot; then all of them.
    const lossy = wellKnown(() => question++ < 30 && question % 3 === 0)
    const { time, sent, health } = set(
      ['options', 'again'],
      (probe) => (probe === 'options' ? lossy : alive),
      1,
      1,
    )
    await time.advance(120_000)
    const options = [...health].find(([key]) => key.includes(' options '))?.[1]
    expect(options).toMatchObject({ status: 'down' })
    const asked = sent.filter(({ probe }) => probe === 'again').map(({ atMs }) => atMs)
    const gapsMs = asked.slice(1).map((atMs, i) => atMs - (asked[i] as number))
    // It waited at all, and its own interval and a second of pace come on top of the two seconds.
    expect(Math.max(...gapsMs)).toBeGreaterThan(1500)
    expect(Math.max(...gapsMs)).toBeLessThanOrEqual(1000 + 2000 + 1000)
  })

  /** `options` is silent at 20.0 s and 20.66 s; `again`, due at 20.7 s, waits, and it is 20.9 s now. */
  async function waiting() {
    let isAlive = true
    const scene = set(
      ['options', 'again'],
      (probe) => (probe === 'options' ? wellKnown(() => isAlive) : alive),
      1,
      1,
    )
    const { time, scheduler, sent, watches } = scene
    const keyOf = (name: string) => watches.find(({ probe }) => probe.name === name)?.key ?? ''
    const asked = () => sent.filter(({ probe }) => probe === 'again').map(({ atMs }) => atMs - 1_000_000)
    await time.advance(19_700)
    scheduler.hasten([keyOf('again')])
    await time.advance(50)
    isAlive = false
    await time.advance(1150)
    expect(asked().at(-1)).toBe(19_700)
    return { ...scene, keyOf, asked, revive: () => (isAlive = true) }
  }

  it('goes on when that one has its verdict, as soon as the pace allows', async () => {
    const { time, asked } = await waiting()
    await time.advance(1000)
    expect(asked().at(-1)).toBe(21_660)
  })

  it('goes on when that one is stopped', async () => {
    const { time, scheduler, keyOf, asked } = await waiting()
    scheduler.stop(keyOf('options'))
    await time.advance(200)
    expect(asked().at(-1)).toBe(21_000)
  })

  it('goes on when that one is answered', async () => {
    const { time, revive, asked } = await waiting()
    revive()
    await time.advance(300)
    expect(asked().at(-1)).toBe(21_161)
  })

  it('is not kept waiting anew where it is hastened meanwhile', async () => {
    const { time, scheduler, keyOf, asked } = await waiting()
    scheduler.hasten([keyOf('again')])
    await time.advance(50)
    expect(asked().at(-1)).toBe(19_700)
    await time.advance(800)
    expect(asked().at(-1)).toBe(21_660)
  })
})
