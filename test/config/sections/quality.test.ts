import { describe, expect, it } from 'vitest'
import { faultsOf, settingsOf, soundWith } from '../support.ts'

const read = (quality: string, rest = '') =>
  settingsOf(soundWith('{ type: tcp }', `{ type: tcp, ${rest}quality: ${quality} }`)).probes.get('tcp')
    ?.quality
const faults = (quality: string) =>
  faultsOf(soundWith('{ type: tcp }', `{ type: tcp, quality: ${quality} }`)).map((fault) =>
    fault.replace(/^.*?probes\.tcp\./, ''),
  )

describe('quality of a probe', () => {
  it('is read, in milliseconds and shares', () => {
    expect(read('{ loss: 0.5%, latency: 150ms, jitter: 30ms, window: 1m }')).toEqual({
      loss: 0.005,
      latencyMs: 150,
      jitterMs: 30,
      windowMs: 60_000,
    })
    expect(settingsOf(soundWith('{ type: tcp }', '{ type: tcp }')).probes.get('tcp')).not.toHaveProperty(
      'quality',
    )
  })

  it('looks back for 30 s, or twenty intervals where that is longer', () => {
    expect(read('{ loss: 5% }', 'interval: 1s, ')).toEqual({ loss: 0.05, windowMs: 30_000 })
    expect(read('{ loss: 5% }', 'interval: 10s, ')).toEqual({ loss: 0.05, windowMs: 200_000 })
  })

  it.each([
    ['{ loss: 0% }', 'quality.loss: "0%" seen; allowed: a share like 5% or 0.5%, above 0% and below 100%'],
    ['{ loss: 5 }', 'quality.loss: 5 seen; allowed: a share like 5% or 0.5%, above 0% and below 100%'],
    [
      '{ latency: 1s }',
      'quality.latency: "1s" seen; allowed: less than the timeout, or no pass would ever take so long',
    ],
    ['{ loss: 5%, window: 23s }', 'quality.window: "23s" seen; allowed: at least twelve intervals (24s)'],
    ['{ window: 1m }', 'quality: a mapping seen; allowed: at least one of loss, latency, jitter'],
  ])('%s is refused', (quality, fault) => {
    expect(faults(quality)).toEqual([fault])
  })
})
