import type { DomainName } from '../core/brand.ts'
import { type AnswerSettings, type PoolSettings, viewKey, type ZoneSettings } from '../core/settings.ts'
import type { Target } from '../core/target.ts'
import { NameError } from '../wire/dns/name.ts'
import { hostName, srvName } from './host.ts'
import { setKey, staticRecords } from './static.ts'

/** One set that health drives: an answer of the configuration, or an SRV set that a NAPTR answer leads to. */
export interface PlacedAnswer {
  readonly settings: AnswerSettings
  /** The key of its decision. */
  readonly view: string
  /** Which answer of the configuration it comes from. */
  readonly answer: number
}

/** A host name that sipvane publishes because SRV answers name it. */
export interface PlacedHost {
  readonly name: DomainName
  /** The targets behind it: several where pools share a server. */
  readonly targets: readonly Target[]
  /** The decisions whose SRV answers name it. */
  readonly views: readonly string[]
  readonly answer: number
}

/** What a zone generates, whatever the health. */
export interface ZoneLayout {
  /** SRV before NAPTR, which depends on it. */
  readonly answers: readonly PlacedAnswer[]
  readonly hosts: readonly PlacedHost[]
  /** Names that cannot be formed, by the answer that wants them. */
  readonly faults: readonly { readonly message: string; readonly answer: number }[]
}

/** Lays out the sets and names of a zone. Answers of unknown pools have no hosts; `checkZone` tells of them. */
export function layOutZone(settings: ZoneSettings, pools: ReadonlyMap<string, PoolSettings>): ZoneLayout {
  const faults: { message: string; answer: number }[] = []
  const answers = placeAnswers(settings, faults)
  const hosts = new Map<DomainName, { targets: Set<Target>; views: Set<string>; answer: number }>()
  for (const { settings: srv, view, answer } of answers) {
    if (srv.type !== 'SRV') continue
    const pool = pools.get(srv.pool)
    for (const target of [...(pool?.targets ?? []), ...(pool?.fallback ?? [])]) {
      const name = formed(() => hostName(target, settings.origin), `target "${target.name}"`, answer, faults)
      // A host name that the configuration brings along is published by whoever owns it.
      if (name === undefined || target.host !== undefined) continue
      const host = hosts.get(name) ?? { targets: new Set(), views: new Set(), answer }
      host.targets.add(target)
      host.views.add(view)
      hosts.set(name, host)
    }
  }
  return {
    answers: [...answers].sort(
      (a, b) => Number(a.settings.type === 'NAPTR') - Number(b.settings.type === 'NAPTR'),
    ),
    hosts: [...hosts].map(([name, host]) => ({
      name,
      targets: [...host.targets],
      views: [...host.views],
      answer: host.answer,
    })),
    faults,
  }
}

/** The configured answers, and for each transport of a NAPTR answer the SRV set it leads to, unless the configuration has its own. */
function placeAnswers(settings: ZoneSettings, faults: { message: string; answer: number }[]): PlacedAnswer[] {
  const placed = settings.answers.map((answer, index) => place(answer, index))
  const owned = new Set([
    ...settings.answers.map(({ name, type }) => setKey(name, type)),
    ...staticRecords(settings).sets.map(({ name, type }) => setKey(name, type)),
  ])
  for (const [index, answer] of settings.answers.entries()) {
    if (answer.type !== 'NAPTR') continue
    for (const transport of answer.transports) {
      const name = formed(
        () => srvName(transport, answer.name),
        `the SRV name for ${transport}`,
        index,
        faults,
      )
      if (name === undefined || owned.has(setKey(name, 'SRV'))) continue
      owned.add(setKey(name, 'SRV'))
      const { pool, probes } = answer
      placed.push(place({ name, type: 'SRV', pool, probes, transports: [transport] }, index))
    }
  }
  return placed
}

function place(settings: AnswerSettings, answer: number): PlacedAnswer {
  return { settings, view: viewKey(settings.pool, settings.probes), answer }
}

function formed(
  form: () => DomainName,
  what: string,
  answer: number,
  faults: { message: string; answer: number }[],
): DomainName | undefined {
  try {
    return form()
  } catch (error) {
    if (!(error instanceof NameError)) throw error
    faults.push({ message: `${what} gives no domain name: ${error.message}`, answer })
    return undefined
  }
}
