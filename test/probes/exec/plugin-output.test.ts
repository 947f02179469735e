import fc from 'fast-check'
import { expect, test } from 'vitest'
import { measuredRoundTripMs, parsePluginOutput } from '../../../src/probes/exec/plugin-output.ts'

test.each([
  [
    'PING OK - Packet loss = 0%, RTA = 0.80 ms|rta=0.800000ms;3000.0;5000.0;0.0 pl=0%;80;100;0\n',
    'PING OK - Packet loss = 0%, RTA = 0.80 ms',
    [
      { label: 'rta', value: 0.8, unit: 'ms' },
      { label: 'pl', value: 0, unit: '%' },
    ],
  ],
  [
    "DISK OK | 'free /'=12.5GB;1;2 'it''s'=3c",
    'DISK OK',
    [
      { label: 'free /', value: 12.5, unit: 'GB' },
      { label: "it's", value: 3, unit: 'c' },
    ],
  ],
  [
    'OK|a=1\nlong text\nmore | b=2\nc=3',
    'OK',
    [
      { label: 'a', value: 1, unit: '' },
      { label: 'b', value: 2, unit: '' },
      { label: 'c', value: 3, unit: '' },
    ],
  ],
  ['UNKNOWN | x=U', 'UNKNOWN', []],
  ['', '', []],
  ['no data', 'no data', []],
  ['bad | =3 x', 'bad', []],
])('%j', (output, text, measurements) => {
  expect(parsePluginOutput(output)).toEqual({ text, measurements })
})

test.each([
  ['|time=0.0123s', 12.3],
  ['|size=10B time=2s rta=5ms', 2000],
  ['|rta=1500us', 1.5],
  ['|rta=5%', undefined],
  ['|users=4', undefined],
  ['|rta=-5ms', undefined],
])('%s tells a round trip of %s ms', (output, expectedMs) => {
  const ms = measuredRoundTripMs(parsePluginOutput(output).measurements)
  if (expectedMs === undefined) expect(ms).toBeUndefined()
  else expect(ms).toBeCloseTo(expectedMs, 6)
})

test('any output is read without a throw, and in bounded time', () => {
  const noise = fc.array(fc.constantFrom("'", '=', '|', ';', ' ', '\n', 'a', '1', '.', 'U', '-'), {
    maxLength: 400,
  })
  fc.assert(
    fc.property(noise, (parts) => {
      const { measurements } = parsePluginOutput(parts.join(''))
      expect(measurements.length).toBeLessThanOrEqual(64)
      for (const { value } of measurements) expect(Number.isFinite(value)).toBe(true)
    }),
    { seed: 20261121, numRuns: 2000 },
  )
  expect(parsePluginOutput(`|${'a=1 '.repeat(100)}`).measurements).toHaveLength(64)
  const startMs = performance.now()
  parsePluginOutput(`|${"'".repeat(8000)}`)
  expect(performance.now() - startMs).toBeLessThan(1000)
})
