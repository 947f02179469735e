import type { ServedTarget, SipvaneEvent } from '../../../core/event.ts'

export type Aim =
  | { readonly kind: 'toward'; readonly candidates: readonly ServedTarget[] }
  | { readonly kind: 'stay'; readonly why: string }

/**
 * Where a decision says that traffic belongs.
 *
 * | event              | mode        | active  | aim                                                     |
 * |--------------------|-------------|---------|---------------------------------------------------------|
 * | other              |             |         | stay: it says nothing of it                             |
 * | a decision         | frozen      |         | stay: we cannot see                                     |
 * | a decision         | last-resort |         | stay: nobody is better than who has it                  |
 * | a decision         | others      | none    | stay                                                    |
 * | a decision         | others      | some    | toward any of them; who has it already keeps it         |
 */
export function aimOf(event: SipvaneEvent): Aim {
  if (event.type !== 'decision.changed')
    return { kind: 'stay', why: `${event.type} says nothing of who serves` }
  if (event.mode === 'frozen') return { kind: 'stay', why: 'the monitor sees nothing, so nothing is moved' }
  if (event.mode === 'last-resort')
    return { kind: 'stay', why: 'every target is down, so nobody is better than who has it' }
  if (event.active.length === 0) return { kind: 'stay', why: 'no target is active' }
  return { kind: 'toward', candidates: event.active }
}
