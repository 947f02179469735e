import { evidenceOf, type Outcome, outcome } from '../../core/outcome.ts'
import { printable } from '../../wire/sip/printable.ts'

/** What one member said. */
export interface Said {
  readonly name: string
  readonly outcome: Outcome
}

/**
 * What the members come to. `need`: how many have to pass; `all` means all that are conclusive. Members that are inconclusive are left
 * out: they count neither for the target nor against it.
 *
 * | passes     | passes and inconclusive ones | outcome                                                     |
 * |------------|------------------------------|-------------------------------------------------------------|
 * | enough     | -                            | ok                                                          |
 * | too few    | enough                       | inconclusive for the first such member's reason: it might have passed |
 * | too few    | too few                      | fail, for the most telling member's reason                  |
 */
export function tally(said: readonly Said[], need: number | 'all'): Outcome {
  const passes = said.filter((each) => each.outcome.result === 'pass')
  const fails = said.filter((each) => each.outcome.result === 'fail')
  const unclear = said.filter((each) => each.outcome.result === 'inconclusive')
  const conclusive = passes.length + fails.length
  const needed = need === 'all' ? Math.max(1, conclusive) : need
  const detail = printable(said.map(words).join(', '))
  if (passes.length >= needed)
    return outcome('ok', { attempts: nthFewest(passes, needed), detail, ...figures(passes, needed) })
  const [first] = unclear
  const mayTip = need === 'all' ? conclusive === 0 : passes.length + unclear.length >= needed
  if (first !== undefined && mayTip)
    return outcome(first.outcome.reason, { attempts: nthFewest(said, said.length), detail })
  // A packet that came back proves more than silence.
  const telling = fails.find((each) => evidenceOf(each.outcome) === 'hard') ?? fails[0]
  const { reason = 'no-verdict', status, retryAfterMs } = telling?.outcome ?? {}
  return outcome(reason, {
    attempts: nthFewest(fails, needed - passes.length),
    detail,
    ...(status === undefined ? {} : { status }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  })
}

/**
 * The transmissions of the member that a joint outcome turns on, the `n`th when ordered by how many it took: from these a path's loss
 * is learnt. What different members sent are no retransmissions, and one that is dead beside enough living ones has lost nothing on the
 * way to these. Of members that are silent as many as were missing had to be so by chance, if the target lives.
 */
function nthFewest(said: readonly Said[], n: number): number {
  const attempts = said.map((each) => each.outcome.attempts).sort((a, b) => a - b)
  return attempts[Math.min(n, attempts.length) - 1] ?? 0
}

function words({ name, outcome: { result, reason, impaired } }: Said): string {
  if (result === 'pass') return `${name} passes${impaired === undefined ? '' : ', impaired'}`
  return result === 'fail' ? `${name} fails (${reason})` : `${name} cannot tell (${reason})`
}

/** As good as the best members that were needed: with `any` one slow or impaired member does not matter beside a good one. */
function figures(passes: readonly Said[], needed: number): { rttMs?: number; impaired?: string } {
  const times = passes.flatMap(({ outcome: { rttMs } }) => (rttMs === undefined ? [] : [rttMs]))
  times.sort((a, b) => a - b)
  const rttMs = times[Math.min(needed, times.length) - 1]
  const worse = passes.filter((each) => each.outcome.impaired !== undefined)
  const impaired = worse.map(({ name, outcome }) => `${name}: ${outcome.impaired}`).join('; ')
  return {
    ...(rttMs === undefined ? {} : { rttMs }),
    ...(passes.length - worse.length >= needed ? {} : { impaired: printable(impaired) }),
  }
}
