import type { SipvaneEvent } from '../../../core/event.ts'

/** Where programs are looked for; ours may hold folders of whoever started us. */
export const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/**
 * The whole environment of a program: the event in plain variables, and nothing of ours, where secrets may be. Lists are joined by
 * spaces. The event itself, as JSON, is on stdin.
 */
export function environmentOf(
  event: SipvaneEvent,
  hook: string,
  extra: Readonly<Record<string, string>>,
): Record<string, string> {
  const variables: Record<string, string> = {
    PATH,
    LC_ALL: 'C',
    ...extra,
    SIPVANE_HOOK: hook,
    SIPVANE_EVENT: event.type,
    SIPVANE_EVENT_ID: event.id,
    SIPVANE_EVENT_TIME: new Date(event.atMs).toISOString(),
    SIPVANE_NODE: event.node,
  }
  if ('pool' in event && event.pool !== undefined) variables.SIPVANE_POOL = event.pool
  switch (event.type) {
    case 'decision.changed':
      variables.SIPVANE_MODE = event.mode
      variables.SIPVANE_ACTIVE = event.active.map(({ name }) => name).join(' ')
      variables.SIPVANE_ADDRESSES = event.active.flatMap(({ addresses }) => addresses).join(' ')
      variables.SIPVANE_BEFORE = (event.before?.active ?? []).map(({ name }) => name).join(' ')
      variables.SIPVANE_BEFORE_ADDRESSES = (event.before?.active ?? [])
        .flatMap(({ addresses }) => addresses)
        .join(' ')
      break
    case 'verdict.changed':
      variables.SIPVANE_TARGET = event.target
      variables.SIPVANE_FROM = event.from
      variables.SIPVANE_TO = event.to
      break
    case 'zone.changed':
      variables.SIPVANE_ZONE = event.zone
      variables.SIPVANE_SERIAL = String(event.serial)
      break
    default:
  }
  return variables
}
