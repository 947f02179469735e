import { z } from 'zod'
import type { SipvaneEvent } from '../core/event.ts'

const text = z.string().max(10_000)
const name = z.string().max(300)
const count = z.number().int().min(0)

const stamp = {
  // It has a line of its own in the stream of events.
  id: z.string().regex(/^[0-9a-z]{1,30}-\d{1,15}$/),
  // As far as a Date goes (ECMA-262 section 21.4.1.1).
  atMs: count.max(8.64e15),
  node: name,
}
const status = z.enum(['up', 'degraded', 'drain', 'down', 'unknown'])
const mode = z.enum(['normal', 'failover', 'last-resort', 'frozen'])
const active = z.array(z.object({ target: name, name, addresses: z.array(name) }))
const why = z.array(text)
const hookReport = {
  ...stamp,
  hook: name,
  kind: name,
  of: name,
  pool: name.optional(),
  detail: text,
  attempts: count,
  tookMs: z.number().min(0),
  dryRun: z.boolean(),
}

const savedEvent = z.discriminatedUnion('type', [
  z.object({
    ...stamp,
    type: z.literal('verdict.changed'),
    pool: name,
    target: name,
    from: status,
    to: status,
    real: status,
    why,
  }),
  z.object({
    ...stamp,
    type: z.literal('decision.changed'),
    pool: name,
    view: text,
    whole: z.boolean(),
    mode,
    active,
    before: z.object({ mode, active }).optional(),
    why,
  }),
  z.object({ ...stamp, type: z.literal('zone.changed'), zone: name, serial: count.max(0xffffffff) }),
  z.object({ ...stamp, type: z.literal(['sight.lost', 'sight.regained']), watched: count }),
  z.object({ ...hookReport, type: z.literal(['hook.ran', 'hook.failed']) }),
])

/** The event that a line of the history holds; undefined where it holds none of ours. */
export function readSavedEvent(line: string): SipvaneEvent | undefined {
  let json: unknown
  try {
    json = JSON.parse(line)
  } catch {
    return undefined
  }
  const parsed = savedEvent.safeParse(json)
  // zod's optional keys may hold undefined by type, but not when read from JSON; brands are those of the names that were written.
  return parsed.success ? (parsed.data as SipvaneEvent) : undefined
}
