import type { PlaneEffect, ProbeSettings } from '../core/settings.ts'
import { type AddressVerdict, PLANES, type Plane, type Status } from '../core/verdict.ts'
import { looksLikeBan } from './ban.ts'
import { type Poll, poll, type Vantage } from './vantage.ts'

/** What an answer asks of a target: a probe, and what its failure makes of the target in this pool. */
export interface ProbeView extends Pick<ProbeSettings, 'name'> {
  readonly onFail: PlaneEffect
  /** Absent: control. */
  readonly plane?: Plane
  /** Absent where nobody asks about bans. */
  readonly kind?: string
}

export interface Question extends Poll {
  readonly name: string
  readonly onFail: PlaneEffect
  readonly plane: Plane
}

/** One address with the questions that its verdict comes from. */
export interface Address extends AddressVerdict {
  readonly sinceMs: number
  readonly questions: readonly Question[]
  readonly planes: Readonly<Partial<Record<Plane, Status>>>
  readonly probableBan: boolean
}

/**
 * | a `down` probe is down, not by drain | a `down` probe drains | a `degrade` probe is down or drains, or any is impaired | a probe is unknown | address  |
 * |------------------|-----|-----|--------------------|----------|
 * | yes              | any | any | any                | down     |
 * | no               | yes | any | any                | drain    |
 * | no               | no  | yes | any                | degraded |
 * | no               | no  | no  | yes (or no probes) | unknown  |
 * | no               | no  | no  | no                 | up       |
 *
 * Probes whose plane the pool ignores are asked and shown, and count for nothing here.
 */
export function judgeAddress(
  address: string,
  probes: readonly ProbeView[],
  vantages: readonly Vantage[],
  nowMs: number,
): Address {
  const questions = probes.map(
    ({ name, onFail, plane }): Question => ({
      name,
      onFail,
      plane: plane ?? 'control',
      ...poll(vantages, name, address),
    }),
  )
  const counted = questions.filter(({ onFail }) => onFail !== 'ignore')
  const rest = {
    address,
    questions,
    planes: planesOf(questions),
    probableBan: looksLikeBan(
      probes.map(({ name, kind = '' }) => ({ kind, state: vantages[0]?.health(name, address) })),
    ),
  }
  const fatal = counted.filter(({ status, onFail }) => status === 'down' && onFail === 'down')
  const dead = fatal.filter(({ draining }) => !draining)
  if (dead.length > 0) return { ...rest, status: 'down', sinceMs: earliest(dead, nowMs) }
  if (fatal.length > 0) return { ...rest, status: 'drain', sinceMs: earliest(fatal, nowMs) }
  const worse = counted.filter(({ status, impaired }) => status === 'down' || impaired)
  if (worse.length > 0) {
    // Degraded began with the degrading probe (with its bad answers, where it is up), or when the last fatal one came back.
    const began = worse.map(({ sinceMs, impaired, impairedSinceMs }) => ({
      sinceMs: impaired ? Math.max(sinceMs ?? 0, impairedSinceMs ?? 0) : sinceMs,
    }))
    const backMs = latest(
      counted.filter(({ onFail, status }) => onFail === 'down' && status === 'up'),
      Number.NEGATIVE_INFINITY,
    )
    return { ...rest, status: 'degraded', sinceMs: Math.max(earliest(began, nowMs), backMs) }
  }
  const unknown = counted.length === 0 || counted.some((each) => each.status === 'unknown')
  return { ...rest, status: unknown ? 'unknown' : 'up', sinceMs: latest(counted, nowMs) }
}

/** Each plane by the worst of its probes, whatever their `onFail`; a plane that nobody asks about is absent. */
function planesOf(questions: readonly Question[]): Readonly<Partial<Record<Plane, Status>>> {
  const planes: Partial<Record<Plane, Status>> = {}
  for (const plane of PLANES) {
    const own = questions.filter((question) => question.plane === plane)
    if (own.length > 0) planes[plane] = worstOf(own)
  }
  return planes
}

function worstOf(questions: readonly Question[]): Status {
  if (questions.some(({ status, draining }) => status === 'down' && !draining)) return 'down'
  if (questions.some(({ draining }) => draining)) return 'drain'
  if (questions.some(({ impaired }) => impaired)) return 'degraded'
  return questions.some(({ status }) => status === 'unknown') ? 'unknown' : 'up'
}

export function earliest(from: readonly { sinceMs: number | undefined }[], otherwiseMs: number): number {
  return (
    from.reduce<number | undefined>((best, { sinceMs }) => smaller(best, sinceMs), undefined) ?? otherwiseMs
  )
}

export function latest(from: readonly { sinceMs: number | undefined }[], otherwiseMs: number): number {
  const known = from.map(({ sinceMs }) => sinceMs).filter((sinceMs) => sinceMs !== undefined)
  return known.length > 0 ? Math.max(...known) : otherwiseMs
}

function smaller(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined) return b
  return b === undefined ? a : Math.min(a, b)
}
