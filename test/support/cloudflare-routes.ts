/** The endpoints of the fake Cloudflare: a call and a token to a reply. */
import type { Access, Permission, TokenOptions } from './cloudflare-access.ts'
import type { Call } from './cloudflare-faults.ts'
import { type RecordInput, showRecord } from './cloudflare-record.ts'
import { FAULTS, Refusal, resultBody } from './cloudflare-replies.ts'
import type { Batch, CloudflareZone } from './cloudflare-zone.ts'

export interface Reply {
  readonly status: number
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** Throws `Refusal` where the API refuses. */
export function answer(
  call: Call,
  token: TokenOptions,
  access: Access,
  zones: readonly CloudflareZone[],
  maxPerPage: number,
): Reply {
  const mayRead = (zone: CloudflareZone) => access.refusal(token, zone.id, 'zone:read') === undefined
  const zone = (needs: Permission): CloudflareZone => {
    const id = call.path.split('/')[2]
    const found = zones.find((one) => one.id === id)
    if (found === undefined) throw new Refusal(FAULTS.noRoute)
    const refused = access.refusal(token, found.id, needs)
    if (refused !== undefined) throw new Refusal(refused)
    return found
  }
  switch (call.kind) {
    case 'verify':
      return ok(verified(token))
    case 'zones': {
      const named = zones.filter((one) => call.query.name === undefined || call.query.name === one.name)
      const visible = named.filter(mayRead)
      return paged(visible.map(showZone), call.query, 20, 50)
    }
    case 'zone':
      return ok(showZone(zone('zone:read')))
    case 'list': {
      const shown = zone('dns:read').listed()
      const { type, 'name.exact': name } = call.query
      const wanted = shown.filter(
        (one) => (type === undefined || type === one.type) && (name === undefined || name === one.name),
      )
      return paged(wanted.map(showRecord), call.query, 100, maxPerPage)
    }
    case 'create':
      return ok(showRecord(zone('dns:edit').edit(objectOf(call.body))))
    case 'batch': {
      const done = zone('dns:edit').batch(objectOf(call.body) as Batch)
      const shown = Object.entries(done).map(([key, records]) => [key, records.map(showRecord)])
      return ok(Object.fromEntries(shown))
    }
    case 'other':
      throw new Refusal(FAULTS.noRoute)
  }
}

function verified(token: TokenOptions): unknown {
  if (token.accountOwned === true) throw new Refusal(FAULTS.invalidToken)
  return {
    id: 'ed17574386854bf78a67040be0a770b0',
    status: token.status ?? 'active',
    ...(token.expiresOn === undefined ? {} : { expires_on: token.expiresOn }),
  }
}

function showZone(zone: CloudflareZone): unknown {
  const title = zone.plan === 'free' ? 'Free Website' : `${zone.plan} Website`
  return {
    id: zone.id,
    name: zone.name,
    status: 'active',
    paused: false,
    type: 'full',
    name_servers: ['ada.ns.cloudflare.invalid', 'bob.ns.cloudflare.invalid'],
    plan: { id: zone.plan, name: title, legacy_id: zone.plan, is_subscribed: zone.plan !== 'free' },
  }
}

function ok(result: unknown): Reply {
  return { status: 200, body: resultBody(result) }
}

function paged(
  items: readonly unknown[],
  query: Readonly<Record<string, string>>,
  usual: number,
  most: number,
): Reply {
  const perPage = Math.min(Number(query.per_page ?? usual), most)
  const page = Number(query.page ?? 1)
  if (!(perPage >= 5 && page >= 1)) throw new Refusal(FAULTS.badBody)
  const shown = items.slice((page - 1) * perPage, page * perPage)
  const info = {
    page,
    per_page: perPage,
    count: shown.length,
    total_count: items.length,
    total_pages: Math.ceil(items.length / perPage),
  }
  return { status: 200, body: resultBody(shown, info) }
}

function objectOf(body: unknown): RecordInput {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw new Refusal(FAULTS.badBody)
  return body as RecordInput
}
