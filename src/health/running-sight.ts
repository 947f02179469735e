import type { HealthState } from '../core/health.ts'
import { deathAfterMs, isSilentSince, isWitness, type Sight, sightFrom, type Watched } from './sight.ts'

/** One host as it is heard over one family. */
interface Voice {
  readonly host: Host
  witnesses: number
  silent: number
}

interface Host {
  /** Voices with a witness, and those of them of which no witness is silent. */
  voices: number
  open: number
}

interface Ear {
  readonly watched: Watched
  readonly voice: Voice
  state: HealthState
  isWitness: boolean
  isSilent: boolean
}

/**
 * What `sightFrom` goes by, at the cost of what moved: with twenty thousand watches, all of them silent, every outcome would go through all.
 *
 * As long as nobody is heard everything goes one way: who is asked becomes a witness, a witness becomes silent, the dead stay dead. So counts do.
 * A sign of life makes all of it void, and what follows it is counted anew when somebody has died since: after a second of silence at the
 * soonest. Whoever strikes silence out (`forgetBlindness`) makes another of this.
 */
export class RunningSight {
  readonly #ears: readonly Ear[]
  #heardMs = Number.NEGATIVE_INFINITY
  /** Not before the silence of any who died began; -Infinity: nobody did. */
  #latestBeganMs = Number.NEGATIVE_INFINITY
  #counted = false
  #hosts = 0
  #openHosts = 0
  #newlyDeadMs: number | undefined

  /** `watched` in the order in which notes name them. */
  constructor(watched: readonly Watched[]) {
    const hosts = new Map<string, Host>()
    const voices = new Map<string, Voice>()
    this.#ears = watched.map((one) => {
      const host = hosts.get(one.id) ?? { voices: 0, open: 0 }
      hosts.set(one.id, host)
      const name = `${one.family ?? 0} ${one.id}`
      const voice = voices.get(name) ?? { host, witnesses: 0, silent: 0 }
      voices.set(name, voice)
      return { watched: one, voice, state: one.state, isWitness: false, isSilent: false }
    })
    for (const [index, { state }] of this.#ears.entries()) this.note(index, state)
  }

  /** The state of the watch of that index, after each outcome. */
  note(index: number, state: HealthState): void {
    const ear = this.#ears[index]
    if (ear === undefined) throw new Error(`no watch ${index}`)
    ear.state = state
    if (state.heardAtMs !== undefined && state.heardAtMs > this.#heardMs) {
      this.#heardMs = state.heardAtMs
      this.#counted = false
    }
    const beganMs = ear.watched.sentinel === true ? undefined : silenceOfDeadMs(state)
    if (beganMs !== undefined && beganMs > this.#latestBeganMs) this.#latestBeganMs = beganMs
    if (this.#counted) this.#count(ear)
  }

  /** Nobody died in silence since somebody was last heard. */
  get proved(): boolean {
    return this.#latestBeganMs < this.#heardMs || this.#latestBeganMs === Number.NEGATIVE_INFINITY
  }

  sight(nowMs: number): Sight {
    if (this.proved) return { kind: 'clear' }
    if (!this.#counted) this.#countAll()
    return sightFrom(
      {
        heardMs: this.#heardMs,
        newlyDeadMs: this.#newlyDeadMs,
        hosts: this.#hosts,
        openHosts: this.#openHosts,
        ask: () => this.#ask(),
      },
      nowMs,
    )
  }

  #countAll(): void {
    this.#counted = true
    this.#hosts = 0
    this.#openHosts = 0
    this.#newlyDeadMs = undefined
    for (const ear of this.#ears) {
      ear.isWitness = false
      ear.isSilent = false
      ear.voice.witnesses = 0
      ear.voice.silent = 0
      ear.voice.host.voices = 0
      ear.voice.host.open = 0
    }
    for (const ear of this.#ears) this.#count(ear)
  }

  #count(ear: Ear): void {
    const { state, watched, voice } = ear
    const witness = isWitness(state, this.#heardMs)
    const silent = witness && isSilentSince(state, this.#heardMs)
    if (witness && !ear.isWitness) this.#addWitness(voice)
    if (silent && !ear.isSilent) this.#addSilent(voice)
    ear.isWitness = witness
    ear.isSilent = silent
    const deadMs = watched.sentinel === true ? undefined : deathAfterMs(state, this.#heardMs)
    if (deadMs !== undefined) this.#newlyDeadMs = Math.max(this.#newlyDeadMs ?? deadMs, deadMs)
  }

  #addWitness(voice: Voice): void {
    const { host } = voice
    if (voice.witnesses++ > 0) return
    if (host.voices++ === 0) this.#hosts++
    if (host.open++ === 0) this.#openHosts++
  }

  #addSilent(voice: Voice): void {
    if (voice.silent++ === 0 && --voice.host.open === 0) this.#openHosts--
  }

  #ask(): string[] {
    const asked = new Set<string>()
    for (const { isWitness, voice, watched } of this.#ears) {
      if (isWitness && voice.host.open > 0) asked.add(watched.id)
    }
    return [...asked]
  }
}

function silenceOfDeadMs({ status, drainUntilMs, unanswered, failingSinceMs, sinceMs }: HealthState) {
  if (status !== 'down' || drainUntilMs !== undefined || unanswered === 0) return undefined
  return failingSinceMs ?? sinceMs
}
