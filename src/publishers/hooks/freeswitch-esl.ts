import { z } from 'zod'
import type { SipvaneEvent } from '../../core/event.ts'
import { duration, port } from '../../core/schemas.ts'
import {
  defineHook,
  type Finding,
  type Hook,
  type HookContext,
  type HookDeps,
  PROMPT_RATE,
} from './definition.ts'
import { HookError } from './error.ts'
import { gatewaysOf, renewGateways, stateOf } from './freeswitch-esl/gateways.ts'
import { EslSession } from './freeswitch-esl/session.ts'
import { aimOf } from './moving/aim.ts'
import { checkName, untilNamed } from './naming/external-name.ts'
import { externalName, resolver } from './naming/options.ts'

const HOST = 'allowed: a host name or an address'
const WORD = /^[A-Za-z0-9_.@:+-]{1,200}$/
const word = (what: string) =>
  z.string().regex(WORD, { error: `allowed: the name of a ${what}, without blanks` })

const keys = z.strictObject({
  host: z
    .string({ error: HOST })
    .regex(/^[A-Za-z0-9.:-]{1,253}$/, { error: HOST })
    .default('127.0.0.1')
    .describe('Where the event socket is. Default 127.0.0.1.'),
  port: port().default(8021).describe('Default 8021.'),
  user: z
    .string()
    .regex(/^[^\s:]{1,200}$/, { error: 'allowed: user@domain' })
    .optional()
    .describe("User of the directory, as user@domain. Absent: the socket's own password."),
  password: z
    .string()
    .regex(/^[\x21-\x7e]{1,200}$/, { error: 'allowed: printable ASCII without blanks' })
    .describe(
      'Password of the event socket, or of the user. It crosses the wire as it is: keep the socket on loopback.',
    ),
  profiles: z
    .array(word('profile'))
    .min(1)
    .max(50)
    .default(['external'])
    .describe('Sofia profiles that have the public address. Default [external].'),
  externalName: externalName().describe(
    'The name in ext-sip-ip: the profile is read anew once it leads to the new address, and to that alone.',
  ),
  resolver: resolver().describe(
    'Whom to ask for externalName. Default as FreeSWITCH on this host asks: the system.',
  ),
  action: z
    .enum(['rescan', 'restart', 'none'])
    .default('rescan')
    .describe(
      'rescan: read the profile anew, calls go on; restart: only where a rescan does not do, it hangs up every call; none. Default rescan.',
    ),
  gateways: z
    .union([z.literal('all'), z.literal('none'), z.array(word('gateway')).min(1).max(1000)], {
      error: 'allowed: all, none, or a list of gateways',
    })
    .default('all')
    .describe('Gateways to register anew: all, none, or a list of names. Default all.'),
  pace: duration({ maxMs: 60_000 })
    .default(100)
    .describe('Pause between two gateways, for the sake of the trunk. Default 100ms.'),
})

export type EslOptions = z.output<typeof keys>

const options: z.ZodType<EslOptions> = keys.superRefine((seen, context) => {
  if (seen.resolver !== undefined && seen.externalName === undefined)
    context.addIssue({ code: 'custom', message: 'allowed: with externalName', path: ['resolver'] })
})

export const freeswitchEsl = defineHook<EslOptions>({
  kind: 'freeswitch-esl',
  summary:
    'Makes FreeSWITCH take its new public address and register its gateways anew. A rescan keeps calls; a restart hangs up every call of the profile.',
  options,
  takes: 'newest',
  events: ['decision.changed'],
  defaultOn: ['decision.changed'],
  defaultTimeoutMs: 30_000,
  defaultRate: PROMPT_RATE,
  secrets: ({ password }) => [password],
  create: (settings, deps) => new FreeswitchEsl(settings, deps),
})

class FreeswitchEsl implements Hook {
  readonly #options: EslOptions
  readonly #deps: HookDeps

  constructor(settings: EslOptions, deps: HookDeps) {
    this.#options = settings
    this.#deps = deps
  }

  async run(event: SipvaneEvent, context: HookContext): Promise<void> {
    const { signal, step } = context
    const aim = aimOf(event)
    if (aim.kind === 'stay') return step(`FreeSWITCH is left alone: ${aim.why}`)
    await untilNamed(this.#options, aim.candidates, context, this.#deps.timers)
    const session = await this.#open(signal)
    try {
      const seen = new Set<string>()
      for (const profile of this.#options.profiles) {
        await this.#reread(session, profile, context)
        const gateways = await this.#chosen(session, profile)
        for (const gateway of gateways) seen.add(gateway)
        await this.#renew(session, profile, gateways, context)
      }
      const missing = this.#missing(seen)
      if (missing !== undefined) throw new HookError('refused', missing)
    } finally {
      session.close()
    }
  }

  async check(_event: SipvaneEvent, { signal }: HookContext): Promise<Finding[]> {
    const session = await this.#open(signal)
    const findings: Finding[] = [{ result: 'pass', text: 'logged in' }]
    const seen = new Set<string>()
    try {
      for (const profile of this.#options.profiles) {
        // An unknown profile is told in words, not by -ERR.
        const status = await session.api(`sofia status profile ${profile}`)
        if (/Invalid Profile/i.test(status))
          findings.push({ result: 'fail', text: `there is no profile ${profile}` })
        else {
          findings.push({ result: 'pass', text: `profile ${profile} is there` })
          for (const gateway of await this.#chosen(session, profile)) {
            seen.add(gateway)
            const state = await stateOf(session, gateway)
            const fine = state === 'REGED' || state === 'NOREG'
            findings.push({ result: fine ? 'pass' : 'warn', text: `gateway ${gateway} is ${state}` })
          }
        }
      }
      const { externalName, resolver } = this.#options
      if (externalName !== undefined)
        findings.push(await checkName(externalName, resolver, this.#deps.targets))
      const missing = this.#missing(seen)
      if (missing !== undefined) findings.push({ result: 'fail', text: missing })
      if (this.#options.action === 'restart')
        findings.push({ result: 'warn', text: 'action restart hangs up every call of the profiles' })
      return findings
    } finally {
      session.close()
    }
  }

  #open(signal: AbortSignal): Promise<EslSession> {
    const { host, port, user, password } = this.#options
    return EslSession.open({ host, port }, { password, ...(user === undefined ? {} : { user }) }, signal)
  }

  async #reread(session: EslSession, profile: string, { dryRun, step }: HookContext): Promise<void> {
    const { action } = this.#options
    if (action === 'none') return
    if (dryRun) return step(`would ${action} profile ${profile}`)
    const said = await session.api(`sofia profile ${profile} ${action}`)
    if (/Invalid Profile/i.test(said)) throw new HookError('refused', `FreeSWITCH has no profile ${profile}`)
    step(`${action} of profile ${profile}`)
  }

  async #renew(
    session: EslSession,
    profile: string,
    gateways: readonly string[],
    context: HookContext,
  ): Promise<void> {
    const { dryRun, signal, step } = context
    const registering: string[] = []
    for (const gateway of gateways)
      if ((await stateOf(session, gateway)) !== 'NOREG') registering.push(gateway)
    if (registering.length === 0) return
    const what = `${registering.length} gateways of ${profile}`
    if (dryRun) return step(`would register ${what} anew`)
    step(`registering ${what} anew`)
    const { timers } = this.#deps
    await renewGateways(session, profile, registering, this.#options.pace, { timers, signal })
    step(`${what} are registered`)
  }

  /** In words, which of the named gateways none of the profiles has. */
  #missing(seen: ReadonlySet<string>): string | undefined {
    const { gateways, profiles } = this.#options
    const missing = Array.isArray(gateways) ? gateways.filter((name) => !seen.has(name)) : []
    if (missing.length === 0) return undefined
    return `FreeSWITCH has no gateway ${missing.slice(0, 5).join(', ')} in ${profiles.join(', ')}`
  }

  /** A gateway belongs to one profile: of the named ones those that this profile has. */
  async #chosen(session: EslSession, profile: string): Promise<string[]> {
    const { gateways } = this.#options
    if (gateways === 'none') return []
    const present = await gatewaysOf(session, profile)
    return gateways === 'all' ? present : present.filter((name) => gateways.includes(name))
  }
}
