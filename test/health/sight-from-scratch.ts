import type { LostFamily, Outlook } from '../../src/health/families.ts'
import {
  deathAfterMs,
  isSilentSince,
  isWitness,
  type Sight,
  sightFrom,
  type Watched,
} from '../../src/health/sight.ts'

/** 0: of no family that anybody named. */
const VOICES = [0, 4, 6] as const

/** What a look at everybody says, for what counts as it goes to be compared with. */
export function outlookFromScratch(watched: readonly Watched[], nowMs: number): Outlook {
  const whole = sightOf(watched, nowMs)
  const families = new Set(watched.map(({ family }) => family))
  if (whole.kind !== 'clear' || families.size < 2) return { sight: whole, lostFamilies: [] }
  const lostFamilies: LostFamily[] = []
  for (const family of [4, 6] as const) {
    const own = sightOf(
      watched.filter((one) => one.family === family),
      nowMs,
    )
    if (own.kind === 'unproven') return { sight: own, lostFamilies: [] }
    if (own.kind === 'lost') lostFamilies.push({ family, lastHeardMs: own.lastHeardMs })
  }
  return { sight: whole, lostFamilies }
}

function sightOf(watched: readonly Watched[], nowMs: number): Sight {
  const heardMs = Math.max(...watched.map(({ state }) => state.heardAtMs ?? Number.NEGATIVE_INFINITY))
  const deaths = watched
    .filter(({ sentinel }) => sentinel !== true)
    .map(({ state }) => deathAfterMs(state, heardMs))
    .filter((deadMs) => deadMs !== undefined)
  const silentByVoice = new Map<string, boolean>()
  const hosts = new Set<string>()
  for (const { id, state, family = 0 } of watched) {
    if (!isWitness(state, heardMs)) continue
    hosts.add(id)
    const voice = `${family} ${id}`
    silentByVoice.set(voice, (silentByVoice.get(voice) ?? false) || isSilentSince(state, heardMs))
  }
  const ask = [...hosts].filter((id) =>
    VOICES.some((family) => silentByVoice.get(`${family} ${id}`) === false),
  )
  return sightFrom(
    {
      heardMs,
      newlyDeadMs: deaths.length === 0 ? undefined : Math.max(...deaths),
      hosts: hosts.size,
      openHosts: ask.length,
      ask: () => ask,
    },
    nowMs,
  )
}
