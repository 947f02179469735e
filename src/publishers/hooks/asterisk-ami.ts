import type { SipvaneEvent } from '../../core/event.ts'
import { renewChanSip, sipSettings } from './asterisk-ami/chan-sip.ts'
import { dnsmgrRefresh, dnsmgrStatus } from './asterisk-ami/dnsmgr.ts'
import { type AmiOptions, options } from './asterisk-ami/options.ts'
import { outboundRegistrations, type Registration, renew } from './asterisk-ami/registrations.ts'
import { AmiSession } from './asterisk-ami/session.ts'
import {
  defineHook,
  type Finding,
  type Hook,
  type HookContext,
  type HookDeps,
  PROMPT_RATE,
} from './definition.ts'
import { HookError } from './error.ts'
import { aimOf } from './moving/aim.ts'
import { checkName, untilNamed } from './naming/external-name.ts'

export const asteriskAmi = defineHook<AmiOptions>({
  kind: 'asterisk-ami',
  summary:
    'Makes Asterisk take its new public address and renew its outbound registrations. Calls go on; a trunk cannot reach it for the moment between un-REGISTER and REGISTER.',
  options,
  takes: 'newest',
  events: ['decision.changed'],
  defaultOn: ['decision.changed'],
  defaultTimeoutMs: 30_000,
  defaultRate: PROMPT_RATE,
  secrets: ({ secret }) => [secret],
  create: (settings, deps) => new AsteriskAmi(settings, deps),
})

class AsteriskAmi implements Hook {
  readonly #options: AmiOptions
  readonly #deps: HookDeps

  constructor(settings: AmiOptions, deps: HookDeps) {
    this.#options = settings
    this.#deps = deps
  }

  async run(event: SipvaneEvent, context: HookContext): Promise<void> {
    const { signal, step } = context
    const aim = aimOf(event)
    if (aim.kind === 'stay') return step(`Asterisk is left alone: ${aim.why}`)
    const { externalName, channel, register } = this.#options
    const address = await untilNamed(this.#options, aim.candidates, context, this.#deps.timers)
    const session = await this.#open(signal)
    try {
      step(session.banner)
      if (channel === 'sip') await this.#renewSip(session, address, context)
      else {
        if (externalName !== undefined) await this.#refresh(session, externalName, context)
        if (register !== 'none') await this.#renew(session, context)
      }
    } finally {
      session.close()
    }
  }

  async check(_event: SipvaneEvent, { signal }: HookContext): Promise<Finding[]> {
    const { externalName, resolver, channel, register } = this.#options
    const session = await this.#open(signal)
    try {
      const findings: Finding[] = [{ result: 'pass', text: `logged in to ${session.banner}` }]
      if (channel === 'sip') findings.push(await checkSip(session, externalName))
      else {
        if (externalName !== undefined) findings.push(await checkDnsmgr(session))
        if (register !== 'none') findings.push(...(await this.#checkRegistrations(session)))
      }
      if (externalName !== undefined)
        findings.push(await checkName(externalName, resolver, this.#deps.targets))
      return findings
    } finally {
      session.close()
    }
  }

  #open(signal: AbortSignal): Promise<AmiSession> {
    const { host, port, tls, ca, user, secret, auth } = this.#options
    const place = {
      host,
      port: port ?? (tls ? 5039 : 5038),
      ...(tls ? { tls: ca === undefined ? {} : { ca } } : {}),
    }
    return AmiSession.open(place, { user, secret, auth }, signal)
  }

  async #refresh(session: AmiSession, name: string, { dryRun, step }: HookContext): Promise<void> {
    const { enabled } = await dnsmgrStatus(session)
    if (!enabled)
      throw new HookError(
        'refused',
        'dnsmgr is off (dnsmgr.conf: enable=yes): Asterisk looks names up once, at its start',
      )
    if (dryRun) return step(`would refresh ${name}`)
    await dnsmgrRefresh(session, name)
    step(`dnsmgr refreshed ${name}`)
  }

  async #renew(session: AmiSession, { signal, dryRun, step }: HookContext): Promise<void> {
    const wanted = this.#chosen(await outboundRegistrations(session))
    if (wanted.length === 0) return step('there is no outbound registration')
    const what = `${wanted.length} registrations`
    if (dryRun) return step(`would renew ${what}`)
    const { clock, timers } = this.#deps
    const { pace, settle } = this.#options
    await renew(session, wanted, { paceMs: pace, settleMs: settle }, { clock, timers, signal })
    step(`renewed ${what}, all of them are up`)
  }

  /** What registers with the old address has to register again: so the new one first, where there is one to wait for. */
  async #renewSip(
    session: AmiSession,
    address: string | undefined,
    { signal, dryRun, step }: HookContext,
  ): Promise<void> {
    const { externalName, register, settle } = this.#options
    if (register === 'none') return step('chan_sip looks its name up by itself (externrefresh)')
    if (dryRun) return step('would reload chan_sip')
    const { clock, timers } = this.#deps
    step(
      `chan_sip has to register again${address === undefined ? '' : `, once it has looked ${externalName} up`}`,
    )
    const count = await renewChanSip(session, { address, settleMs: settle }, { clock, timers, signal })
    step(
      count === 0
        ? 'there is no outbound registration'
        : `renewed ${count} registrations, all of them are up`,
    )
  }

  #chosen(present: readonly Registration[]): Registration[] {
    const { register } = this.#options
    if (!Array.isArray(register)) return [...present]
    return register.map((name) => {
      const found = present.find((one) => one.name === name)
      if (found === undefined) throw new HookError('refused', `Asterisk has no outbound registration ${name}`)
      return found
    })
  }

  async #checkRegistrations(session: AmiSession): Promise<Finding[]> {
    const wanted = this.#chosen(await outboundRegistrations(session))
    if (wanted.length === 0) return [{ result: 'warn', text: 'Asterisk has no outbound registration' }]
    return wanted.map(({ name, registered, status }) => ({
      result: registered ? 'pass' : 'warn',
      text: `registration ${name} is ${status}`,
    }))
  }
}

async function checkSip(session: AmiSession, externalName: string | undefined): Promise<Finding> {
  const { externhost } = await sipSettings(session)
  if (externhost === undefined)
    return {
      result: externalName === undefined ? 'warn' : 'fail',
      text: 'chan_sip has no externhost: it takes no new address',
    }
  return { result: 'pass', text: `chan_sip goes by ${externhost}` }
}

async function checkDnsmgr(session: AmiSession): Promise<Finding> {
  const { enabled, entries } = await dnsmgrStatus(session)
  if (!enabled)
    return { result: 'fail', text: 'dnsmgr is off, as it is by default: set enable=yes in dnsmgr.conf' }
  if (entries === 0)
    return { result: 'warn', text: 'dnsmgr is on, but keeps no name: external_signaling_address has none' }
  return { result: 'pass', text: 'dnsmgr is on' }
}
