import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chosen, FAULTS, type Fault } from '../../bench/failover/faults.ts'
import { measure, type Plan, phases, type Row } from '../../bench/failover/measure.ts'
import { sipvane } from '../../bench/failover/sipvane.ts'
import { failures, quantile, tableOf } from '../../bench/failover/table.ts'

const PLAN: Plan = { rounds: 1, giveUpMs: 8000, warmUpMs: 0, harmlessMs: 6000 }
/** Rigs of the bench itself begin at 0. */
const RIGS = 240

function fault(words: string): Fault {
  const [found] = chosen(words)
  if (found === undefined) throw new Error(`no fault ${words}`)
  return found
}

describe('the failover bench', { timeout: 60_000 }, () => {
  it('sees a lost database by REGISTER, and says that OPTIONS alone does not see it', async () => {
    const gone = fault('database/udp')
    const [seen, unseen] = await Promise.all([
      measure(gone, sipvane(), RIGS, PLAN),
      measure(gone, sipvane('options'), RIGS + 1, PLAN),
    ])
    expect(seen.remark).toBeUndefined()
    expect(seen.tookS).toHaveLength(1)
    expect(failures([seen])).toEqual([])
    expect(unseen.tookS).toEqual([])
    expect(failures([unseen])).toEqual(['database/udp: not seen in 8 s'])
  })

  it('leaves the answer alone at loss, and fails where it moves though the server lives', async () => {
    const loss = fault('loss')
    const [calm, moved] = await Promise.all([
      measure({ ...loss, how: 'heal' }, sipvane(), RIGS + 2, PLAN),
      measure({ ...loss, how: 'kill' }, sipvane(), RIGS + 3, PLAN),
    ])
    expect(calm.remark).toMatch(/^0 of [1-9]\d* answers moved in 0\.1 min$/)
    expect(failures([calm])).toEqual([])
    expect(failures([moved])).toEqual([expect.stringMatching(/^loss\/udp: 1 of \d+ answers moved/)])
  })
})

describe('its table', () => {
  const row = (system: string, rest: Partial<Row>): Row => ({
    fault: fault('killed/udp'),
    system,
    tookS: [],
    ...rest,
  })

  it('has medians between the two middle values, so that an even number of rounds leans to neither side', () => {
    expect(quantile([1, 2, 3, 4], 0.5)).toBe(2.5)
    expect(quantile([1, 2, 3], 0.5)).toBe(2)
    expect(quantile([1, 2, 3], 1)).toBe(3)
    expect(tableOf([row('sipvane', { tookS: [0.5, 0.7] })])).toContain(
      '| process killed | udp | sipvane | 0.60 | 0.68 | 0.70 | 0.8 |',
    )
  })

  it('shows a remark in place of figures, and counts what goes wrong with ours alone', () => {
    const rows = ['sipvane', 'gdnsd'].map((system) =>
      row(system, { remark: 'not seen in 20 s', failed: true }),
    )
    expect(tableOf(rows)).toContain('| process killed | udp | gdnsd | not seen in 20 s |  |  |  |')
    expect(failures(rows)).toEqual(['killed/udp: not seen in 20 s'])
  })

  it('is made of the rows asked for, and of no others', () => {
    expect(chosen('killed/tcp,media/tcp').map(({ key, transport }) => `${key}/${transport}`)).toEqual([
      'killed/tcp',
      'media/tcp',
    ])
    expect(chosen('all')).toBe(FAULTS)
    expect(() => chosen('killed,typo')).toThrow('unknown fault typo; there are killed')
  })

  it('spreads the faults over a period: one in each of its parts', () => {
    const draws = fc.infiniteStream(fc.double({ min: 0, max: 0.999_999, noNaN: true }))
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), draws, (rounds, random) => {
        const made = phases(rounds, () => random.next().value)
        const parts = made.map((phase) => Math.floor(phase * rounds + 1e-9)).sort((a, b) => a - b)
        expect(parts).toEqual(Array.from({ length: rounds }, (_, part) => part))
      }),
      { seed: 20261121, numRuns: 200 },
    )
  })
})
