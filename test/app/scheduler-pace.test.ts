import { describe, expect, it } from 'vitest'
import { outcome } from '../../src/core/outcome.ts'
import { type Answering, alive, refusing, set } from './scheduler-lab.ts'

describe('the pace', () => {
  const paced = (requests: number, answering: Answering, probes = ['options']) =>
    set(probes, () => answering, requests)

  it('has room for all that a question of several requests sends at once', async () => {
    const { time, sent } = paced(3, alive, ['options', 'again'])
    await time.advance(20_000)
    const times = sent.flatMap(({ atMs }) => [atMs, atMs, atMs]).sort((a, b) => a - b)
    expect(sent.length).toBeGreaterThan(15)
    for (let i = 4; i < times.length; i++) {
      expect((times[i] as number) - (times[i - 4] as number)).toBeGreaterThanOrEqual(980)
    }
  })

  it('is not touched by a probe that asks nobody', async () => {
    const { time, sent } = paced(0, refusing, ['options', 'again'])
    await time.advance(400)
    // Each is refused three times at its fast interval; the pace would have let four through.
    expect(sent).toHaveLength(6)
  })

  it('counts requests that had to leave on top', async () => {
    const chatty: Answering = async (context, time) => {
      for (let i = 0; i < 3; i++) context.onSend?.()
      return outcome('refused', { attempts: 1, detail: String(time.nowMs()) })
    }
    const { time, sent } = paced(1, chatty)
    await time.advance(5000)
    const gaps = sent.slice(1).map(({ atMs }, i) => atMs - (sent[i]?.atMs ?? 0))
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(980)
  })
})
