import type { SipvaneEvent } from '../../../core/event.ts'
import { tellingOf } from '../telling/tell.ts'

export interface Letter {
  readonly subject: string
  readonly text: string
  /** The same for a second try, so that a letter that went out twice is seen once. */
  readonly messageId: string
}

/** Pure. `domain` is the sender's. */
export function letterFor(event: SipvaneEvent, domain: string): Letter {
  const { title, details, severity, over, key } = tellingOf(event)
  const state = over ? 'OK' : severity.toUpperCase()
  const lines = [
    `${title}.`,
    ...(details.length === 0 ? [] : ['', ...details.map((detail) => `- ${detail}`)]),
    '',
    `When:  ${new Date(event.atMs).toISOString()}`,
    `Node:  ${event.node}`,
    `Event: ${event.type} ${event.id} (${key})`,
  ]
  const subject = `[sipvane] ${state}: ${title}`.replace(/[\r\n]+/g, ' ').slice(0, 200)
  const id = `${event.id}.${event.node}.${event.type}`.replace(/[^A-Za-z0-9.-]/g, '-')
  return { subject, text: `${lines.join('\n')}\n`, messageId: `<${id}@${domain}>` }
}
