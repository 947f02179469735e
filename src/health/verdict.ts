import type { Target } from '../core/target.ts'
import { type Override, PLANES, type Plane, type Status, type Verdict } from '../core/verdict.ts'
import { type Address, earliest, judgeAddress, latest, type ProbeView } from './address.ts'
import { describeHealth, describeImpaired, describeOverride } from './describe.ts'
import type { Vantage } from './vantage.ts'

/** What the target cannot do its work whole without, and is down. */
export interface BrokenDependency {
  /** `carriers/a`, or a pool. */
  readonly name: string
  /** Epoch milliseconds since it is down. */
  readonly sinceMs: number
}

export interface JudgeInput {
  readonly target: Target
  /** The probes that the answer depends on, in the order of the configuration. */
  readonly probes: readonly ProbeView[]
  /** This node first; more than one where views are shared. */
  readonly vantages: readonly Vantage[]
  readonly override?: Override | undefined
  readonly broken?: readonly BrokenDependency[]
  /** In plain words, what of the evidence is left out and why: our own IPv6 is gone, say. */
  readonly reservations?: readonly string[]
  readonly nowMs: number
}

/** Best first: a target is as good as its best address. Unknown is answered as up, so it ranks next to it. */
const BEST_FIRST: readonly Status[] = ['up', 'unknown', 'degraded', 'drain', 'down']

/**
 * What is thought of one target, from its probes' health, what it depends on, and an operator's word. Pure; times in epoch milliseconds.
 *
 * | override | effective |            | measured    | a dependency is down | real     |
 * |----------|-----------|            |-------------|----------------------|----------|
 * | up       | up        |            | up, unknown | yes                  | degraded |
 * | down     | down      |            | any other   | yes                  | as it is |
 * | drain    | drain     |            | any         | no                   | as it is |
 * | none     | real      |
 */
export function judge(input: JudgeInput): Verdict {
  const { target, probes, vantages, override, nowMs } = input
  const broken = input.broken ?? []
  const addresses = target.addresses.map((address) =>
    withDependencies(judgeAddress(address, probes, vantages, nowMs), broken),
  )
  const real = BEST_FIRST.find((status) => addresses.some((each) => each.status === status)) ?? 'unknown'
  const inForce = override !== undefined && (override.untilMs ?? Number.POSITIVE_INFINITY) > nowMs
  const down = addresses.filter((each) => each.status === 'down')
  const banned = down.length > 0 && down.every((each) => each.probableBan)
  return {
    target: target.id,
    real,
    effective: inForce ? override.kind : real,
    ...(inForce ? { override } : {}),
    addresses: addresses.map(({ address, status }) => ({ address, status })),
    planes: planesOf(addresses),
    sinceMs: targetSinceMs(real, addresses, nowMs),
    suspect: addresses.some((each) => each.questions.some((question) => question.moving)),
    silent: down.length > 0 && down.every(diedInSilence),
    ...(banned ? { probableBan: true as const } : {}),
    why: [
      ...(inForce ? [describeOverride(override)] : []),
      ...(banned ? [BANNED] : []),
      ...reasons(addresses, broken),
      ...(input.reservations ?? []),
    ],
  }
}

const BANNED =
  'answers stopped on every SIP transport at once while the host still answers otherwise: this monitor may be banned there'

/** Without its dependency it still takes calls, and some of them fail: worse than others, better than nobody. */
function withDependencies(address: Address, broken: readonly BrokenDependency[]): Address {
  if (broken.length === 0 || (address.status !== 'up' && address.status !== 'unknown')) return address
  return {
    ...address,
    status: 'degraded',
    sinceMs: Math.max(address.sinceMs, earliest(broken, address.sinceMs)),
  }
}

function planesOf(addresses: readonly Address[]): Verdict['planes'] {
  const planes: Partial<Record<Plane, Status>> = {}
  for (const plane of PLANES) {
    const best = BEST_FIRST.find((status) => addresses.some((each) => each.planes[plane] === status))
    if (best !== undefined) planes[plane] = best
  }
  return planes
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
    .filter((question) => question.status === 'down' && question.onFail === 'down' && !question.draining)
    .every((question) => question.silent)
}

/** Worst first. Without figures where all is well, so that the words stand still while nothing happens. */
function reasons(addresses: readonly Address[], broken: readonly BrokenDependency[]): readonly string[] {
  const told = broken.map(({ name }) => ({ rank: 1, text: `${name}, which it depends on, is down` }))
  for (const { address, questions } of addresses) {
    for (const { name, onFail, status, draining, impaired, moving, spokesman } of questions) {
      const question = addresses.length > 1 ? `${name} on ${address}` : name
      const weight = onFail === 'ignore' ? ' (not counted here)' : ''
      const fatal = onFail === 'down' && !draining
      const rank =
        status === 'down' ? (fatal ? 0 : 1) : impaired ? 1 : moving ? 2 : status === 'unknown' ? 3 : 4
      if (rank === 4) continue
      const describe = impaired && !moving ? describeImpaired : describeHealth
      const words = spokesman === undefined ? `${question}: not asked yet` : describe(question, spokesman)
      told.push({ rank, text: `${words}${weight}` })
    }
  }
  if (addresses.length === 0) return ['its address is not found yet']
  if (told.length > 0) return told.sort((a, b) => a.rank - b.rank).map(({ text }) => text)
  return [addresses.some((each) => each.questions.length > 0) ? 'every probe passes' : 'no probe asks it']
}
