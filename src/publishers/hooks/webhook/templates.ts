import type { SipvaneEvent } from '../../../core/event.ts'
import { type Telling, tellingOf } from '../telling/tell.ts'

export const TEMPLATES = ['cloudevents', 'slack', 'teams', 'pagerduty', 'alertmanager'] as const
export type Template = (typeof TEMPLATES)[number]

const ALERT_LASTS_MS = 7 * 86_400_000

export interface Message {
  readonly contentType: string
  readonly body: string
}

/** Pure. `routingKey` is PagerDuty's; the others take none. */
export function messageFor(template: Template, event: SipvaneEvent, routingKey: string): Message {
  const telling = tellingOf(event)
  const json = (value: unknown): Message => ({ contentType: 'application/json', body: JSON.stringify(value) })
  switch (template) {
    case 'cloudevents':
      return { contentType: 'application/cloudevents+json', body: JSON.stringify(cloudEvent(event)) }
    case 'slack':
      return json(slack(event, telling))
    case 'teams':
      return json(teams(event, telling))
    case 'pagerduty':
      return json(pagerDuty(event, telling, routingKey))
    case 'alertmanager':
      return json([alert(event, telling)])
  }
}

/** CloudEvents 1.0.2, structured mode in JSON. `id` and `source` together are unique, so a receiver can drop what it has had. */
function cloudEvent(event: SipvaneEvent) {
  const { id, atMs, node, type, ...data } = event
  const subject = 'target' in data ? data.target : 'pool' in data ? data.pool : undefined
  return {
    specversion: '1.0',
    id,
    source: `/sipvane/${node}`,
    type: `sipvane.${type}`,
    time: new Date(atMs).toISOString(),
    ...(subject === undefined ? {} : { subject }),
    datacontenttype: 'application/json',
    data: { ...data, title: tellingOf(event).title },
  }
}

/** Slack reads `<`, `>` and `&` as markup; these three and no others are escaped. */
function slack({ node }: SipvaneEvent, { title, details, severity, over }: Telling) {
  const plain = (text: string) =>
    text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  const sign = over ? ':white_check_mark:' : severity === 'warning' ? ':warning:' : ':rotating_light:'
  const lines = [`${sign} *${plain(title)}*`, ...details.map(plain), `_${plain(node)}_`]
  return { text: lines.join('\n') }
}

/** An Adaptive Card, as the Workflows app takes it ("When a Teams webhook request is received"). */
function teams({ node, atMs }: SipvaneEvent, { title, details, severity, over }: Telling) {
  const color = over ? 'Good' : severity === 'warning' ? 'Warning' : 'Attention'
  const block = (text: string, more: object = {}) => ({ type: 'TextBlock', text, wrap: true, ...more })
  // Details quote servers, and a TextBlock reads Markdown: a link in it would be one to click on.
  const quoted = (text: string) => ({ type: 'RichTextBlock', inlines: [{ type: 'TextRun', text }] })
  return {
    type: 'message',
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        content: {
          $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
          type: 'AdaptiveCard',
          version: '1.4',
          body: [
            block(title, { weight: 'Bolder', color }),
            ...details.map(quoted),
            block(`${node}, ${new Date(atMs).toISOString()}`, { isSubtle: true }),
          ],
        },
      },
    ],
  }
}

/** Events API v2: what is over resolves the incident that it began, by `dedup_key`. */
function pagerDuty(
  event: SipvaneEvent,
  { title, details, severity, over, key }: Telling,
  routingKey: string,
) {
  return {
    routing_key: routingKey,
    event_action: over && event.type !== 'hook.test' ? 'resolve' : 'trigger',
    dedup_key: key.slice(0, 255),
    payload: {
      summary: title.slice(0, 1024),
      source: event.node,
      severity,
      timestamp: new Date(event.atMs).toISOString(),
      component: 'sipvane',
      class: event.type,
      custom_details: { why: details },
    },
  }
}

/** API v2, `POST /api/v2/alerts`. Labels tell alerts apart, so nothing that changes between beginning and end stands among them. */
function alert(event: SipvaneEvent, { title, details, severity, over, key }: Telling) {
  const at = new Date(event.atMs).toISOString()
  const about = 'target' in event ? { target: event.target } : {}
  const pool = 'pool' in event && event.pool !== undefined ? { pool: event.pool } : {}
  return {
    labels: { alertname: 'sipvane', subject: key, ...pool, ...about },
    annotations: { summary: title, description: details.join('\n'), severity, node: event.node },
    // Without an end Alertmanager takes it for over after its resolve_timeout, five minutes by default.
    ...(over
      ? { endsAt: at }
      : { startsAt: at, endsAt: new Date(event.atMs + ALERT_LASTS_MS).toISOString() }),
  }
}
