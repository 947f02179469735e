import { child, childText, parseXml, writeXml, type XmlElement, type XmlValue } from './route53-xml.ts'
import { type FakeChange, type FakeSet, type FakeZone, normalName, reversed } from './route53-zone.ts'

export interface ApiReply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string
}

/** `<ErrorResponse>` with the code that SDKs go by. */
export function apiError(
  status: number,
  code: string,
  message: string,
  headers: Record<string, string> = {},
): ApiReply {
  const content = {
    Error: { Type: status >= 500 ? 'Receiver' : 'Sender', Code: code, Message: message },
    RequestId: 'fake',
  }
  return { status, headers, body: writeXml('ErrorResponse', content) }
}

/** `InvalidChangeBatch` has a body of its own; the common one with a list inside its message is seen as well. */
export function batchError(code: string, messages: readonly string[], form: 'own' | 'common'): ApiReply {
  if (form === 'common' || code !== 'InvalidChangeBatch')
    return apiError(400, code, `[${messages.join(', ')}]`)
  return {
    status: 400,
    body: writeXml('InvalidChangeBatch', { Messages: { Message: messages }, RequestId: 'fake' }),
  }
}

export function zoneReply(zone: FakeZone): ApiReply {
  return ok('GetHostedZoneResponse', {
    HostedZone: {
      Id: `/hostedzone/${zone.id}`,
      Name: zone.name,
      CallerReference: 'fake',
      Config: { PrivateZone: zone.isPrivate },
      ResourceRecordSetCount: zone.sets.length,
    },
  })
}

const PAGE_MAX = 300

/** "ListResourceRecordSets": from the given name, type and identifier on, by reversed labels. */
export function listReply(zone: FakeZone, query: URLSearchParams, pageMax = PAGE_MAX): ApiReply {
  const limit = Math.min(pageMax, PAGE_MAX, Number(query.get('maxitems') ?? PAGE_MAX))
  const name = query.get('name')
  const from =
    name === null
      ? undefined
      : ([reversed(normalName(name)), query.get('type') ?? '', query.get('identifier') ?? ''] as const)
  const rest = zone.sets.filter((set) => {
    if (from === undefined) return true
    const place = [reversed(set.name), set.type, set.setIdentifier ?? ''] as const
    for (const at of [0, 1, 2] as const) if (place[at] !== from[at]) return place[at] > from[at]
    return true
  })
  const next = rest[limit]
  return ok('ListResourceRecordSetsResponse', {
    ResourceRecordSets: { ResourceRecordSet: rest.slice(0, limit).map(setXml) },
    IsTruncated: next !== undefined,
    MaxItems: limit,
    NextRecordName: next?.name,
    NextRecordType: next?.type,
    NextRecordIdentifier: next?.setIdentifier,
  })
}

/** A list in which no set stands, not even those that every zone has. */
export function blankReply(): ApiReply {
  return ok('ListResourceRecordSetsResponse', {
    ResourceRecordSets: { ResourceRecordSet: [] },
    IsTruncated: false,
    MaxItems: PAGE_MAX,
  })
}

export function changeReply(root: string, id: string, status: 'PENDING' | 'INSYNC', atMs: number): ApiReply {
  return ok(root, {
    ChangeInfo: { Id: `/change/${id}`, Status: status, SubmittedAt: new Date(atMs).toISOString() },
  })
}

export function readChanges(body: string): FakeChange[] {
  const batch = child(parseXml(body), 'ChangeBatch')
  return (child(batch, 'Changes')?.children ?? []).map((change) => ({
    action: childText(change, 'Action') ?? '',
    set: readSet(child(change, 'ResourceRecordSet')),
  }))
}

function readSet(element: XmlElement | undefined): FakeSet {
  const text = (name: string) => childText(element, name)
  const [ttl, weight, setIdentifier] = [text('TTL'), text('Weight'), text('SetIdentifier')]
  const alias = childText(child(element, 'AliasTarget'), 'DNSName')
  return {
    name: text('Name') ?? '',
    type: text('Type') ?? '',
    values: (child(element, 'ResourceRecords')?.children ?? []).map(
      (record) => childText(record, 'Value') ?? '',
    ),
    ...(ttl === undefined ? {} : { ttl: Number(ttl) }),
    ...(setIdentifier === undefined ? {} : { setIdentifier }),
    ...(weight === undefined ? {} : { weight: Number(weight) }),
    ...(alias === undefined ? {} : { alias }),
  }
}

function setXml(set: FakeSet): XmlValue {
  return {
    Name: set.name,
    Type: set.type,
    SetIdentifier: set.setIdentifier,
    Weight: set.weight,
    TTL: set.ttl,
    ResourceRecords:
      set.alias === undefined ? { ResourceRecord: set.values.map((Value) => ({ Value })) } : undefined,
    AliasTarget:
      set.alias === undefined
        ? undefined
        : { HostedZoneId: 'ZALIAS', DNSName: set.alias, EvaluateTargetHealth: false },
  }
}

function ok(root: string, content: XmlValue): ApiReply {
  return { status: 200, body: writeXml(root, content) }
}
