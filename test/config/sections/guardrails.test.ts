import { describe, expect, it } from 'vitest'
import { faultsOf, settingsOf, soundWith } from '../support.ts'

const withPool = (lines: string) => soundWith('policy: failover', `policy: failover\n    ${lines}`)
const poolOf = (lines: string) => settingsOf(withPool(lines)).pools.get('edge')

describe('guardrails of a pool', () => {
  it('damp flaps unless told otherwise, and do nothing else', () => {
    expect(settingsOf(soundWith('policy: failover', 'policy: all')).pools.get('edge')).toMatchObject({
      damping: { halfLifeMs: 600_000, suppress: 2000, reuse: 750, maxSuppressMs: 1_800_000 },
    })
    const pool = poolOf('damping: off')
    for (const key of [
      'damping',
      'minLive',
      'maxShiftPercent',
      'holdDownMs',
      'handoverMs',
      'planes',
      'dependsOn',
    ]) {
      expect(pool).not.toHaveProperty(key)
    }
  })

  it.each([
    [
      'damping: { halfLife: 1m }',
      { damping: { halfLifeMs: 60_000, suppress: 2000, reuse: 750, maxSuppressMs: 1_800_000 } },
    ],
    ['minLive: 1', { minLive: { count: 1 } }],
    ['minLive: 50%', { minLive: { percent: 50 } }],
    [
      'damping: on',
      { damping: { halfLifeMs: 600_000, suppress: 2000, reuse: 750, maxSuppressMs: 1_800_000 } },
    ],
    ['maxShift: 25%', { maxShiftPercent: 25 }],
    ['holdDown: 30s', { holdDownMs: 30_000 }],
    ['handover: 2m', { handoverMs: 120_000 }],
    ['planes: { media: ignore }', { planes: { media: 'ignore' } }],
    ['planes: { control: degrade, media: down }', { planes: { control: 'degrade', media: 'down' } }],
  ])('%s is read', (lines, settings) => {
    expect(poolOf(lines)).toMatchObject(settings)
  })

  it.each([
    ['damping: maybe', 'pools.edge.damping: "maybe" seen; allowed: on, off'],
    [
      'damping: { halflife: 1m }',
      'pools.edge.damping.halflife: unknown key; allowed: halfLife, suppress, reuse, maxSuppress (did you mean "halfLife"?)',
    ],
    ['damping: { reuse: 2000 }', 'pools.edge.damping: reuse 2000 seen; allowed: less than suppress (2000)'],
    ['damping: { maxSuppress: 10m }', 'the penalty can rise to 1500 only'],
    [
      'minLive: 3',
      'pools.edge.minLive: 3 seen; allowed: at most the number of targets (2), or it would always be panic',
    ],
    ['minLive: 0', 'pools.edge.minLive: 0 seen; allowed: a whole number from 1 to 100000'],
    ['minLive: half', 'pools.edge.minLive: "half" seen; allowed: a share like 50%, from 1% to 100%'],
    ['maxShift: 25', 'pools.edge.maxShift: 25 seen; allowed: a share like 50%, from 1% to 100%'],
    ['maxShift: 0%', 'pools.edge.maxShift: "0%" seen; allowed: a share like 50%, from 1% to 100%'],
    ['maxShift: 101%', 'pools.edge.maxShift: "101%" seen; allowed: a share like 50%, from 1% to 100%'],
    ['holdDown: 30', 'a number alone has no unit'],
    ['planes: { data: down }', 'pools.edge.planes.data: unknown key; allowed: control, media'],
    ['planes: { media: off }', 'pools.edge.planes.media: "off" seen; allowed: down, degrade, ignore'],
  ])('%s is refused', (lines, fault) => {
    const faults = faultsOf(withPool(lines))
    expect(faults).toHaveLength(1)
    expect(faults[0]).toContain(fault)
  })
})

describe('planes and hysteresis of a probe', () => {
  const probe = (keys: string) =>
    settingsOf(soundWith('type: sip-options }', `type: sip-options, ${keys} }`)).probes.get('options')

  it('are read where they are given', () => {
    expect(probe('plane: media, degrade: { rise: 5, fall: 2 }')).toMatchObject({
      plane: 'media',
      degrade: { rise: 5, fall: 2 },
    })
    expect(probe('rise: 2')).not.toHaveProperty('plane')
  })

  it('are the media plane for a call with audio unless told otherwise', () => {
    const text = soundWith('type: tcp }', 'type: rtp-echo, extension: "9196" }')
    expect(settingsOf(text).probes.get('tcp')?.plane).toBe('media')
  })
})
