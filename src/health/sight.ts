import type { HealthState } from '../core/health.ts'

/** One question to one address of one target. */
export interface Watched {
  /** Names the server asked: whatever dies together (two probes of it, the same address in two pools) must share it, and is one witness. */
  readonly id: string
  readonly state: HealthState
  /** Of its address; absent: not told apart. */
  readonly family?: 4 | 6
  /** Somebody who should always answer: its word proves our network like any other's, its own death moves no answer. */
  readonly sentinel?: boolean
}

/**
 * `clear`: our own network works, or nothing says otherwise. `unproven`: something died in silence and nobody has been heard
 * since; whoever is in `ask` would settle it. `lost`: everything that answered before has gone silent.
 */
export type Sight =
  | { readonly kind: 'clear' }
  | { readonly kind: 'unproven'; readonly ask: readonly string[]; readonly untilMs: number }
  | { readonly kind: 'lost'; readonly lastHeardMs: number }

/** A death in silence waits this long at most for somebody to prove that we can see. */
const PROOF_MS = 2_500
/** A fault of our own is not one server's: this many hosts must be silent together, sentinels among them. */
const WITNESSES = 2

const CLEAR: Sight = { kind: 'clear' }

/** What there is to go by, once everybody was counted. */
export interface Counts {
  /** When anybody was last heard. */
  readonly heardMs: number
  /** When the last of those died whose silence began after that. */
  readonly newlyDeadMs: number | undefined
  /** Hosts with a witness, and those of them with a voice that is not silent. */
  readonly hosts: number
  readonly openHosts: number
  /** The latter by id. */
  readonly ask: () => readonly string[]
}

/**
 * Tells our own blindness from the death of servers, by what was counted (`running-sight.ts`). Pure.
 *
 * A sign of life (a pass, or hard evidence: a refusal, a RST, any answer) from anywhere proves our network at that moment.
 * Let `heard` be the last one from anybody. Addresses whose every silent probe was down before it are the truly dead: no
 * witnesses either way. Of the others (the witnesses):
 *
 * | somebody is down by silence that began after `heard` | witnesses | all of them silent since | sight    |
 * |------------------------------------------------------|-----------|--------------------------|----------|
 * | no: every death so far was seen by working eyes      | any       | any                      | clear    |
 * | yes                                                  | < 2       | any                      | clear    |
 * | yes                                                  | >= 2      | yes                      | lost     |
 * | yes                                                  | >= 2      | no, and not for long     | unproven |
 * | yes                                                  | >= 2      | no, and PROOF_MS is over | clear    |
 *
 * One site of two dying is clear: the other site's next pass comes after the silence began. A single lost packet on each of
 * several targets is clear: nobody is down. Never heard anybody (a start without network) counts as `heard` at no time.
 * A host is one witness, but with a voice for each family: one that answers over IPv4 and not over IPv6 is not silent.
 */
export function sightFrom({ heardMs, newlyDeadMs, hosts, openHosts, ask }: Counts, nowMs: number): Sight {
  if (newlyDeadMs === undefined || hosts < WITNESSES) return CLEAR
  if (openHosts === 0) return { kind: 'lost', lastHeardMs: heardMs }
  const untilMs = newlyDeadMs + PROOF_MS
  if (nowMs >= untilMs) return CLEAR
  return {
    kind: 'unproven',
    get ask() {
      return ask()
    },
    untilMs,
  }
}

/**
 * To be applied to every health when sight comes back: silence since `lastHeardMs` (of the `lost` sight) is struck out.
 *
 * | at lastHeardMs | now                  | becomes                                                                    |
 * |----------------|----------------------|----------------------------------------------------------------------------|
 * | down           | any                  | what it is: that death was seen by working eyes                            |
 * | alive          | down, silent         | unknown: answered as before, up by one pass, down anew by `fall` fails     |
 * | alive          | down, passed since   | up: without the blindness it had never been down, so no `rise` is due      |
 * | alive          | down, refused since  | unknown, with the refusals alone in its run                                |
 * | alive          | alive, in a run      | alive, with the refusals alone in its run                                  |
 */
export function forgetBlindness(state: HealthState, lastHeardMs: number, nowMs: number): HealthState {
  if (wasDeadAt(state, lastHeardMs)) return state
  const { failingSinceMs, ...rest } = state
  const struck: HealthState = {
    ...rest,
    fails: state.hardFails,
    unanswered: 0,
    ...(state.hardFails > 0 && failingSinceMs !== undefined ? { failingSinceMs } : {}),
  }
  // What it said of itself before still holds.
  if (state.status !== 'down' || state.drainUntilMs !== undefined) return struck
  return { ...struck, status: state.passes > 0 ? 'up' : 'unknown', sinceMs: nowMs }
}

/** A drain is a word of the server's own: whoever drains can be heard from. */
function wasDeadAt(state: HealthState, atMs: number): boolean {
  return state.status === 'down' && state.drainUntilMs === undefined && state.sinceMs < atMs
}

/** Could have been heard from, were our network sound: asked before, and not dead already when somebody was last heard. */
export function isWitness(state: HealthState, heardMs: number): boolean {
  const asked = state.heardAtMs !== undefined || state.fails > 0
  return asked && !wasDeadAt(state, heardMs)
}

/** Asked since, without an answer; a later outcome that is our own fault does not undo it. */
export function isSilentSince(state: HealthState, heardMs: number): boolean {
  if (state.unanswered === 0 || state.lastAtMs === undefined) return false
  return state.lastAtMs > heardMs && state.lastAtMs > (state.heardAtMs ?? Number.NEGATIVE_INFINITY)
}

/** When it died, of a silence that began after `heardMs`; undefined: it did not. */
export function deathAfterMs(state: HealthState, heardMs: number): number | undefined {
  if (state.status !== 'down' || state.drainUntilMs !== undefined || !isSilentSince(state, heardMs))
    return undefined
  return (state.failingSinceMs ?? state.sinceMs) < heardMs ? undefined : state.sinceMs
}
