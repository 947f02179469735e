import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  type ApiReply,
  apiError,
  batchError,
  blankReply,
  changeReply,
  listReply,
  readChanges,
  zoneReply,
} from './route53-api.ts'
import { BatchError, type FakeChange, FakeZone } from './route53-zone.ts'
import { type Credential, type SignaturePolicy, signatureFault } from './sigv4.ts'

export type Operation =
  | 'route53:GetHostedZone'
  | 'route53:ListResourceRecordSets'
  | 'route53:ChangeResourceRecordSets'
  | 'route53:GetChange'
  | 'sts:AssumeRole'

export interface ApiCall {
  readonly operation: Operation
  readonly atMs: number
  readonly accessKeyId: string
  readonly changes: readonly FakeChange[]
  /** What was answered; 0: nothing. */
  status: number
}

/**
 * `lost`: the change is made, the reply is not. `blank`: a list without sets. `refused`: the connection ends before anything happens.
 * `hang`: no answer at all. `garbage`: bytes that are no XML. The rest are errors of the API.
 */
export type Fault =
  | 'throttle'
  | 'busy'
  | 'error'
  | 'lost'
  | 'refused'
  | 'hang'
  | 'garbage'
  | 'slow'
  | 'expired'
  | 'denied'
  | 'blank'

export interface Route53ServerOptions {
  readonly zones?: readonly { readonly id: string; readonly name: string; readonly isPrivate?: boolean }[]
  /** Absent: no limit. */
  readonly callsPerSecond?: number
  readonly burst?: number
  /** How long a change is PENDING; milliseconds. */
  readonly pendingMs?: number
  readonly latencyMs?: number
  readonly pageMax?: number
  readonly errorForm?: 'own' | 'common'
  /** How far the server's clock is ahead; milliseconds. */
  readonly skewMs?: number
  /** By access key, beside `FAKE_KEYS`. */
  readonly credentials?: Readonly<Record<string, Credential>>
  readonly skewCode?: SignaturePolicy['skewCode']
  readonly port?: number
}

/** A pair that every fake knows (AWS's own example). */
export const FAKE_KEYS = {
  accessKeyId: 'AKIAEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
} as const

export interface Route53Server {
  readonly endpoint: string
  readonly calls: ApiCall[]
  zone(id?: string): FakeZone
  /** Faults for the next calls, one each; of one operation or of any. */
  inject(fault: Fault, operation?: Operation, times?: number): void
  clearFaults(): void
  close(): Promise<void>
}

const SLOW_MS = 300

/** Checks signatures as AWS does. Speaks Route53's REST and XML (2013-04-01), and STS's AssumeRole, to the real SDK on a loopback port. */
export async function createRoute53Server(options: Route53ServerOptions = {}): Promise<Route53Server> {
  const zones = new Map(
    (options.zones ?? [{ id: 'Z1', name: 'example.com' }]).map((zone) => [
      zone.id,
      new FakeZone(zone.id, zone.name, zone.isPrivate),
    ]),
  )
  const calls: ApiCall[] = []
  const faults: { fault: Fault; operation: Operation | undefined }[] = []
  const submitted = new Map<string, number>()
  const nowMs = () => Date.now() + (options.skewMs ?? 0)
  const credentials = new Map<string, Credential>([
    [FAKE_KEYS.accessKeyId, FAKE_KEYS],
    ...Object.entries(options.credentials ?? {}),
  ])
  let tokens = options.burst ?? options.callsPerSecond ?? 0
  let filledAtMs = Date.now()
  let changeId = 0

  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => void answer(request, response, Buffer.concat(chunks).toString()))
    request.on('error', () => {})
  })
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo

  return {
    endpoint: `http://127.0.0.1:${port}`,
    calls,
    zone(id) {
      const found = id === undefined ? [...zones.values()][0] : zones.get(id)
      if (found === undefined) throw new Error(`the fake has no zone ${id}`)
      return found
    },
    inject(fault, operation, times = 1) {
      for (let at = 0; at < times; at++) faults.push({ fault, operation })
    },
    clearFaults: () => void faults.splice(0),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }

  async function answer(request: IncomingMessage, response: ServerResponse, body: string): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1')
    const operation = operationOf(request.method ?? '', url.pathname)
    const accessKeyId = /Credential=([^/]+)\//.exec(request.headers.authorization ?? '')?.[1] ?? ''
    if (operation === undefined) return send(response, apiError(404, 'UnknownOperation', url.pathname))
    const changes = operation === 'route53:ChangeResourceRecordSets' ? readChanges(body) : []
    const call: ApiCall = { operation, atMs: Date.now(), accessKeyId, changes, status: 0 }
    calls.push(call)
    const at = faults.findIndex((one) => one.operation === undefined || one.operation === operation)
    const fault = at < 0 ? undefined : faults.splice(at, 1)[0]?.fault
    await pause((options.latencyMs ?? 0) + (fault === 'slow' ? SLOW_MS : 0))
    if (fault === 'hang') return
    if (fault === 'refused') return void request.socket.destroy()
    const reply =
      injected(fault) ??
      unauthorized(request, operation, body) ??
      throttled() ??
      perform(operation, url, changes, fault)
    if (fault === 'lost') return void request.socket.destroy()
    call.status = reply.status
    send(response, fault === 'garbage' ? { status: 200, body: 'this is <not XML' } : reply)
  }

  function send(response: ServerResponse, reply: ApiReply): void {
    response.writeHead(reply.status, {
      'content-type': 'text/xml',
      date: new Date(nowMs()).toUTCString(),
      'x-amzn-requestid': 'fake',
      ...reply.headers,
    })
    response.end(reply.body)
  }

  function unauthorized(request: IncomingMessage, operation: Operation, body: string): ApiReply | undefined {
    const { method = '', url: target = '/', headers } = request
    const fault = signatureFault(
      { method, target, headers, body },
      {
        credential: (accessKeyId) => credentials.get(accessKeyId),
        nowMs: nowMs(),
        // Route53 is one for all regions, and signed for this one.
        region: 'us-east-1',
        service: operation === 'sts:AssumeRole' ? 'sts' : 'route53',
        skewCode: options.skewCode ?? 'SignatureDoesNotMatch',
      },
    )
    return fault === undefined ? undefined : apiError(fault.status, fault.code, fault.message)
  }

  function throttled(): ApiReply | undefined {
    const rate = options.callsPerSecond
    if (rate === undefined) return undefined
    tokens = Math.min(options.burst ?? rate, tokens + ((Date.now() - filledAtMs) * rate) / 1000)
    filledAtMs = Date.now()
    if (tokens < 1) return apiError(400, 'Throttling', 'Rate exceeded')
    tokens -= 1
    return undefined
  }

  function injected(fault: Fault | undefined): ApiReply | undefined {
    if (fault === 'throttle') return apiError(400, 'Throttling', 'Rate exceeded')
    if (fault === 'busy')
      return apiError(
        400,
        'PriorRequestNotComplete',
        'The request was rejected because Route 53 was still processing a prior request.',
      )
    if (fault === 'error') return apiError(500, 'InternalFailure', 'We are experiencing an internal error.')
    if (fault === 'expired')
      return apiError(403, 'ExpiredToken', 'The security token included in the request is expired')
    if (fault === 'denied')
      return apiError(
        403,
        'AccessDenied',
        'User: arn:aws:iam::000000000000:user/sipvane is not authorized to perform this',
      )
    return undefined
  }

  function perform(
    operation: Operation,
    url: URL,
    changes: readonly FakeChange[],
    fault: Fault | undefined,
  ): ApiReply {
    const [, , , id = ''] = url.pathname.split('/')
    if (operation === 'sts:AssumeRole') return assumedRole(credentials)
    if (operation === 'route53:GetChange') {
      const atMs = submitted.get(id)
      if (atMs === undefined)
        return apiError(404, 'NoSuchChange', `A change with the id ${id} does not exist.`)
      const status = Date.now() - atMs >= (options.pendingMs ?? 0) ? 'INSYNC' : 'PENDING'
      return changeReply('GetChangeResponse', id, status, atMs)
    }
    const zone = zones.get(id)
    if (zone === undefined) return apiError(404, 'NoSuchHostedZone', `No hosted zone found with ID: ${id}`)
    if (operation === 'route53:GetHostedZone') return zoneReply(zone)
    if (operation === 'route53:ListResourceRecordSets')
      return fault === 'blank' ? blankReply() : listReply(zone, url.searchParams, options.pageMax)
    try {
      zone.change(changes)
    } catch (error) {
      if (!(error instanceof BatchError)) throw error
      return batchError(error.code, error.messages, options.errorForm ?? 'own')
    }
    const change = `C${++changeId}`
    submitted.set(change, Date.now())
    return changeReply('ChangeResourceRecordSetsResponse', change, 'PENDING', Date.now())
  }
}

function operationOf(method: string, path: string): Operation | undefined {
  if (method === 'POST' && path === '/') return 'sts:AssumeRole'
  if (method === 'GET' && /^\/2013-04-01\/hostedzone\/[^/]+$/.test(path)) return 'route53:GetHostedZone'
  if (method === 'GET' && /^\/2013-04-01\/hostedzone\/[^/]+\/rrset\/?$/.test(path))
    return 'route53:ListResourceRecordSets'
  if (method === 'POST' && /^\/2013-04-01\/hostedzone\/[^/]+\/rrset\/?$/.test(path))
    return 'route53:ChangeResourceRecordSets'
  if (method === 'GET' && /^\/2013-04-01\/change\/[^/]+$/.test(path)) return 'route53:GetChange'
  return undefined
}

function assumedRole(credentials: Map<string, Credential>): ApiReply {
  const expiresAtMs = Date.now() + 3_600_000
  credentials.set('ASIAASSUMED', { secretAccessKey: 'assumed', sessionToken: 'session', expiresAtMs })
  const body =
    '<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>' +
    `<AccessKeyId>ASIAASSUMED</AccessKeyId><SecretAccessKey>assumed</SecretAccessKey><SessionToken>session</SessionToken><Expiration>${new Date(expiresAtMs).toISOString()}</Expiration>` +
    '</Credentials><AssumedRoleUser><AssumedRoleId>AROA:sipvane</AssumedRoleId><Arn>arn:aws:sts::000000000000:assumed-role/sipvane/sipvane</Arn></AssumedRoleUser></AssumeRoleResult></AssumeRoleResponse>'
  return { status: 200, body }
}

function pause(ms: number): Promise<void> {
  return ms <= 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, ms))
}
