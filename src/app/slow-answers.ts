import type { Outcome } from '../core/outcome.ts'
import type { Clock } from '../core/ports.ts'
import type { AskContext, Prober } from '../probes/definition.ts'

type Ask = Prober['ask']

/**
 * The same question, whose pass is impaired where it took longer than `limitMs` milliseconds.
 *
 * A server that became slow over UDP is asked a second time before it answers, and then nobody can tell which transmission was answered
 * (RFC 6298 section 3): such a pass has no round trip, however slow all of them are. But both are answered, and the second answer proves that
 * the first took from the first transmission on. It mostly comes behind the outcome, so it is held against the next pass:
 *
 * | the pass has a round trip | the one before was proved slow | then |
 * |---------------------------|--------------------------------|------|
 * | yes                       | -                              | by its round trip |
 * | no, it was sent twice     | yes                            | as slow as that one |
 * | no                        | no                             | not impaired: a transmission may have been lost, which is no slowness |
 */
export function slownessOf(prober: Prober, limitMs: number, clock: Clock): Ask {
  if (prober.tellsSpurious === undefined) {
    return async (target, address, context) =>
      impairedAbove(await prober.ask(target, address, context), limitMs)
  }
  /** By target and address: how long the last question took, where its second answer proved it. */
  const proved = new Map<string, number>()
  return async (target, address, context) => {
    const key = `${target.id} ${address}`
    const provedMs = proved.get(key)
    proved.delete(key)
    let requests = 1
    let endedMs: number | undefined
    const listening: AskContext = {
      ...context,
      onSend: () => {
        requests++
        context.onSend?.()
      },
      onSpurious: (sentMs) => {
        // A question of several requests took longer than any of them.
        if (endedMs !== undefined && requests === 1) proved.set(key, endedMs - sentMs)
        context.onSpurious?.(sentMs)
      },
    }
    const seen = await prober.ask(target, address, listening)
    endedMs = clock.nowMs()
    return impairedAbove(seen, limitMs, seen.attempts > 1 ? provedMs : undefined)
  }
}

/** A pass that took longer than `limitMs` milliseconds is impaired, beside whatever else impairs it. `tookMs`: where it has no round trip. */
export function impairedAbove(seen: Outcome, limitMs: number, tookMs?: number): Outcome {
  const { result, rttMs = tookMs } = seen
  if (result !== 'pass' || rttMs === undefined || rttMs <= limitMs) return seen
  const slow = `took ${Math.round(rttMs)} ms, more than ${limitMs} ms`
  return { ...seen, impaired: seen.impaired === undefined ? slow : `${seen.impaired}; ${slow}` }
}
