import type { EventFacts, SipvaneEvent } from '../../../core/event.ts'

export type Severity = 'info' | 'warning' | 'error' | 'critical'

/** One event in the terms that alarms, chats and letters have. */
export interface Telling {
  /** One sentence. */
  readonly title: string
  /** More sentences, most telling first. */
  readonly details: readonly string[]
  readonly severity: Severity
  /** It ends what an earlier event with the same `key` began. */
  readonly over: boolean
  /** What the event is about, the same over its beginning and its end. */
  readonly key: string
}

export function tellingOf(event: SipvaneEvent): Telling {
  return { ...wordsOf(event), key: `sipvane:${keyOf(event)}` }
}

/**
 * | event            | told as                                                                |
 * |------------------|------------------------------------------------------------------------|
 * | verdict.changed  | down: error; degraded, drain, unknown: warning; up: over                |
 * | decision.changed | last-resort: critical; frozen: error; failover: warning; normal: over  |
 * | sight.*          | lost: critical; regained: over                                         |
 * | hook.*           | failed: error; ran: over                                               |
 * | others           | info, over                                                             |
 */
function wordsOf(event: EventFacts & { readonly node: string }): Omit<Telling, 'key'> {
  switch (event.type) {
    case 'verdict.changed': {
      const severity = event.to === 'up' ? 'info' : event.to === 'down' ? 'error' : 'warning'
      const title = `${event.target} is ${event.to} (it was ${event.from})`
      return { title, details: event.why, severity, over: event.to === 'up' }
    }
    case 'decision.changed': {
      const served = names(event.active)
      const before = event.before === undefined ? '' : ` (before: ${names(event.before.active)})`
      const title = `${event.pool} serves ${served}, mode ${event.mode}${before}`
      const severity = {
        normal: 'info',
        failover: 'warning',
        'last-resort': 'critical',
        frozen: 'error',
      } as const
      return { title, details: event.why, severity: severity[event.mode], over: event.mode === 'normal' }
    }
    case 'sight.lost':
      return {
        title: `${event.node} sees nothing any more: its own network is the likely fault, and the last good answers stay`,
        details: [],
        severity: 'critical',
        over: false,
      }
    case 'sight.regained':
      return { title: `${event.node} sees something again`, details: [], severity: 'info', over: true }
    case 'hook.failed':
    case 'hook.ran': {
      const failed = event.type === 'hook.failed'
      const title = `hook ${event.hook} ${failed ? 'failed' : 'worked'}`
      return { title, details: [event.detail], severity: failed ? 'error' : 'info', over: !failed }
    }
    case 'zone.changed':
      return { title: `${event.zone} has serial ${event.serial}`, details: [], severity: 'info', over: true }
    case 'hook.test':
      return {
        title: `a test of hook ${event.hook}: nothing has happened`,
        details: [],
        severity: 'info',
        over: true,
      }
  }
}

/** Nodes that watch the same pool tell of the same thing; what they say of themselves is each one's own. */
function keyOf(event: SipvaneEvent): string {
  switch (event.type) {
    case 'verdict.changed':
      return `verdict:${event.target}`
    case 'decision.changed':
      return `decision:${event.pool}`
    case 'zone.changed':
      return `zone:${event.zone}`
    case 'sight.lost':
    case 'sight.regained':
      return `sight:${event.node}`
    default:
      return `hook:${event.node}:${event.hook}`
  }
}

function names(targets: readonly { readonly name: string }[]): string {
  return targets.length === 0 ? 'nothing' : targets.map((target) => target.name).join(', ')
}
