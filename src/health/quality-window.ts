import type { QualityLimits, QualitySlot, QualityTrack } from '../core/health.ts'
import { evidenceOf, type Outcome, type Sample } from '../core/outcome.ts'

/** A window slides by a tenth of its length. */
const SLOTS = 10
/** A longer run of silence was an outage, which is told by up and down; it is no loss. */
const RUN_MAX = 12
/** More hosts than a probe may have destinations. */
const HOSTS_MAX = 32
/** Fewer transmissions tell nothing. */
const ENOUGH = 10

/** What the window of a path says; absent where too little is known. */
export interface QualityFigures {
  readonly sent: number
  readonly lost: number
  /** 0 to 1. */
  readonly loss: number
  readonly latencyMs?: number
  readonly jitterMs?: number
}

/**
 * The windows after one more outcome. `alive`: the target counted as alive until now. Losses are booked when an answer comes after them:
 * silence that nothing ends is an outage, or our own blindness, and neither is told by a quality.
 */
export function track(
  tracks: readonly QualityTrack[],
  seen: Outcome,
  windowMs: number,
  alive: boolean,
  nowMs: number,
): readonly QualityTrack[] {
  const byHost = new Map(tracks.map((each) => [each.host, each]))
  for (const sample of samplesOf(seen)) {
    const before = byHost.get(sample.host) ?? { host: sample.host, slots: [], pending: 0 }
    if (byHost.size < HOSTS_MAX || byHost.has(sample.host))
      byHost.set(sample.host, trackOne(alive ? before : { ...before, pending: 0 }, sample, windowMs, nowMs))
  }
  return [...byHost.values()]
}

function samplesOf(seen: Outcome): readonly Sample[] {
  if (seen.samples !== undefined) return seen.samples
  if (seen.result === 'inconclusive' || seen.attempts < 1) return []
  const { attempts: sent, rttMs } = seen
  const answered = evidenceOf(seen) !== 'silence'
  return [{ host: '', sent, answered, ...(rttMs === undefined ? {} : { rttMs }) }]
}

function trackOne(before: QualityTrack, sample: Sample, windowMs: number, nowMs: number): QualityTrack {
  const slots = before.slots.filter(({ atMs }) => atMs > nowMs - windowMs && atMs <= nowMs)
  if (!sample.answered) {
    return { ...before, slots, pending: Math.min(RUN_MAX + 1, before.pending + Math.max(1, sample.sent)) }
  }
  const lost = (before.pending > RUN_MAX ? 0 : before.pending) + Math.max(0, sample.sent - 1)
  const { rttMs } = sample
  // A difference across a window is none of packets that follow each other.
  const lastRttMs = slots.length > 0 ? before.lastRttMs : undefined
  const diffMs = rttMs === undefined || lastRttMs === undefined ? undefined : Math.abs(rttMs - lastRttMs)
  const last = slots.at(-1)
  const open = last !== undefined && nowMs < last.atMs + windowMs / SLOTS ? last : undefined
  const slot: QualitySlot = {
    atMs: open?.atMs ?? nowMs,
    sent: (open?.sent ?? 0) + lost + 1,
    lost: (open?.lost ?? 0) + lost,
    rtts: (open?.rtts ?? 0) + (rttMs === undefined ? 0 : 1),
    rttSumMs: (open?.rttSumMs ?? 0) + (rttMs ?? 0),
    diffs: (open?.diffs ?? 0) + (diffMs === undefined ? 0 : 1),
    diffSumMs: (open?.diffSumMs ?? 0) + (diffMs ?? 0),
  }
  const known = rttMs ?? lastRttMs
  return {
    host: before.host,
    slots: [...(open === undefined ? slots : slots.slice(0, -1)), slot],
    pending: 0,
    ...(known === undefined ? {} : { lastRttMs: known }),
  }
}

/**
 * One transmission of the last question was taken for lost and was not (`spurious.ts`). Only a target that is asked itself is told of so.
 */
export function unlose(tracks: readonly QualityTrack[]): readonly QualityTrack[] {
  return tracks.map((track) => {
    const slot = track.slots.at(-1)
    if (track.host !== '' || slot === undefined || slot.lost === 0) return track
    return { ...track, slots: [...track.slots.slice(0, -1), { ...slot, lost: slot.lost - 1 }] }
  })
}

/**
 * A link is as good as the best hosts that are needed: each figure is that of the `quorum`th best host, so that one host that is far away
 * or dead spoils nothing. Undefined while no host has had enough transmissions.
 *
 * Jitter is the mean of |D| of RFC 3550 section 6.4.1, over round trips instead of transits in one way (nobody stamps the packets at the
 * far end), and over the window instead of by a gain of 1/16.
 */
export function figuresOf(
  tracks: readonly QualityTrack[],
  { windowMs }: Pick<QualityLimits, 'windowMs'>,
  quorum: number,
  nowMs: number,
): QualityFigures | undefined {
  const hosts = tracks.map((each) => sumOf(each, nowMs - windowMs)).filter(({ sent }) => sent >= ENOUGH)
  const byLoss = hosts.sort((a, b) => a.lost / a.sent - b.lost / b.sent)
  const spokesman = byLoss[Math.min(quorum, byLoss.length) - 1]
  if (spokesman === undefined) return undefined
  const latencyMs = nth(
    hosts.map(({ rtts, rttSumMs }) => rttSumMs / rtts),
    quorum,
  )
  const jitterMs = nth(
    hosts.map(({ diffs, diffSumMs }) => diffSumMs / diffs),
    quorum,
  )
  const { sent, lost } = spokesman
  return {
    sent,
    lost,
    loss: lost / sent,
    ...(latencyMs === undefined ? {} : { latencyMs }),
    ...(jitterMs === undefined ? {} : { jitterMs }),
  }
}

/** The `n`th smallest of those that are figures, or the last there is. */
function nth(values: readonly number[], n: number): number | undefined {
  const known = values.filter(Number.isFinite).sort((a, b) => a - b)
  return known[Math.min(n, known.length) - 1]
}

function sumOf(track: QualityTrack, afterMs: number): Omit<QualitySlot, 'atMs'> {
  const sum = { sent: 0, lost: 0, rtts: 0, rttSumMs: 0, diffs: 0, diffSumMs: 0 }
  for (const slot of track.slots) {
    if (slot.atMs <= afterMs) continue
    for (const key of Object.keys(sum) as (keyof typeof sum)[]) sum[key] += slot[key]
  }
  return sum
}
