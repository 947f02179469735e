import type { ProbeSettings } from '../core/settings.ts'
import type { Target } from '../core/target.ts'
import type { AddressVerdict, Override, Status, Verdict } from '../core/verdict.ts'
import { describeHealth, describeOverride } from './describe.ts'
import { type Poll, poll, type Vantage } from './vantage.ts'

export interface JudgeInput {
  readonly target: Target
  /** The probes that the answer depends on, in the order of the configuration. */
  readonly probes: readonly Pick<ProbeSettings, 'name' | 'onFail'>[]
  /** This node first; more than one where views are shared. */
  readonly vantages: readonly Vantage[]
  readonly override?: Override | undefined
  readonly nowMs: number
}

interface Question extends Poll {
  readonly name: string
  readonly onFail: ProbeSettings['onFail']
}

interface Address extends AddressVerdict {
  readonly sinceMs: number
  readonly questions: readonly Question[]
}

/** Best first: a target is as good as its best address. Unknown is answered as up, so it ranks next to it. */
const BEST_FIRST: readonly Status[] = ['up', 'unknown', 'degraded', 'down']

/** What is thought of one target, from its probes' health and an operator's word. Pure; times in epoch milliseconds. */
export function judge({ target, probes, vantages, override, nowMs }: JudgeInput): Verdict {
  const addresses = target.addresses.map((address) => judgeAddress(address, probes, vantages, nowMs))
  const real = BEST_FIRST.find((status) => addresses.some((each) => each.status === status)) ?? 'unknown'
  const inForce = override !== undefined && (override.untilMs ?? Number.POSITIVE_INFINITY) > nowMs
  const down = addresses.filter((each) => each.status === 'down')
  return {
    target: target.id,
    real,
    effective: inForce ? (override.kind === 'up' ? 'up' : 'down') : real,
    ...(inForce ? { override } : {}),
    addresses: addresses.map(({ address, status }) => ({ address, status })),
    sinceMs: targetSinceMs(real, addresses, nowMs),
    suspect: addresses.some((each) => each.questions.some((question) => question.moving)),
    silent: down.length > 0 && down.every(diedInSilence),
    why: [...(inForce ? [describeOverride(override)] : []), ...reasons(addresses)],
  }
}

/**
 * | a `down` probe is down | a `degrade` probe is down | a probe is unknown | address  |
 * |------------------------|---------------------------|--------------------|----------|
 * | yes                    | any                       | any                | down     |
 * | no                     | yes                       | any                | degraded |
 * | no                     | no                        | yes (or no probes) | unknown  |
 * | no                     | no                        | no                 | up       |
 */
function judgeAddress(
  address: string,
  probes: JudgeInput['probes'],
  vantages: readonly Vantage[],
  nowMs: number,
): Address {
  const questions = probes.map(({ name, onFail }) => ({ name, onFail, ...poll(vantages, name, address) }))
  const down = questions.filter((each) => each.status === 'down')
  const fatal = down.filter((each) => each.onFail === 'down')
  if (fatal.length > 0) {
    return { address, status: 'down', sinceMs: earliest(fatal, nowMs), questions }
  }
  if (down.length > 0) {
    // Degraded began with the degrading probe, or when the last fatal one came back.
    const backMs = latest(
      questions.filter((each) => each.onFail === 'down' && each.status === 'up'),
      Number.NEGATIVE_INFINITY,
    )
    return { address, status: 'degraded', sinceMs: Math.max(earliest(down, nowMs), backMs), questions }
  }
  const unknown = questions.length === 0 || questions.some((each) => each.status === 'unknown')
  return { address, status: unknown ? 'unknown' : 'up', sinceMs: latest(questions, nowMs), questions }
}

/**
 * A target is up (or unknown) for as long as any of its addresses; it is degraded or down only since the last of them got as bad.
 * Health keeps no older history, so after several changes this is the shortest time that is certain.
 */
function targetSinceMs(real: Status, addresses: readonly Address[], nowMs: number): number {
  const alike = addresses.filter((each) => each.status === real)
  return real === 'up' || real === 'unknown' ? earliest(alike, nowMs) : latest(addresses, nowMs)
}

function diedInSilence(address: Address): boolean {
  return address.questions
    .filter((question) => question.status === 'down' && question.onFail === 'down')
    .every((question) => question.silent)
}

/** Worst first. Without figures where all is well, so that the words stand still while nothing happens. */
function reasons(addresses: readonly Address[]): readonly string[] {
  const told: { rank: number; text: string }[] = []
  for (const { address, questions } of addresses) {
    for (const { name, onFail, status, moving, spokesman } of questions) {
      const question = addresses.length > 1 ? `${name} on ${address}` : name
      const rank = status === 'down' ? (onFail === 'down' ? 0 : 1) : moving ? 2 : status === 'unknown' ? 3 : 4
      if (rank === 4) continue
      const text =
        spokesman === undefined ? `${question}: not asked yet` : describeHealth(question, spokesman)
      told.push({ rank, text })
    }
  }
  if (told.length > 0) return told.sort((a, b) => a.rank - b.rank).map(({ text }) => text)
  return [addresses.some((each) => each.questions.length > 0) ? 'every probe passes' : 'no probe asks it']
}

function earliest(from: readonly { sinceMs: number | undefined }[], otherwiseMs: number): number {
  return (
    from.reduce<number | undefined>((best, { sinceMs }) => smaller(best, sinceMs), undefined) ?? otherwiseMs
  )
}

function latest(from: readonly { sinceMs: number | undefined }[], otherwiseMs: number): number {
  const known = from.map(({ sinceMs }) => sinceMs).filter((sinceMs) => sinceMs !== undefined)
  return known.length > 0 ? Math.max(...known) : otherwiseMs
}

function smaller(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined) return b
  return b === undefined ? a : Math.min(a, b)
}
