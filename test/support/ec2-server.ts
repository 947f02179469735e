/** The part of the EC2 Query API that moves routes and addresses: form-encoded questions, XML answers, signatures checked. */
import { signedHeaders } from '../../src/publishers/hooks/aws/sigv4.ts'
import { createHttpLab, type HttpLab, type LabReply, type LabRequest } from './http-lab.ts'

export const EC2_KEYS = { accessKeyId: 'AKIAEXAMPLEEXAMPLE', secretAccessKey: 'not-a-real-secret-key' }

export interface Ec2World {
  /** Destination to interface or instance. */
  readonly routes: Map<string, string>
  /** Allocation to interface or instance; absent: not associated. */
  readonly addresses: Map<string, string | undefined>
  /** Orders are taken and not carried out. */
  lazy?: boolean
  /** Error code by action. */
  failing?: Readonly<Record<string, { status: number; code: string }>>
}

export interface Ec2Server extends Pick<HttpLab, 'url' | 'close' | 'requests'> {
  readonly world: Ec2World
  /** Actions that were asked for, in order. */
  actions(): string[]
}

export async function createEc2Server(world: Ec2World): Promise<Ec2Server> {
  const lab = await createHttpLab((request) => answer(request, world, lab.url))
  const actions = () => lab.requests.map(({ body }) => new URLSearchParams(body).get('Action') ?? '')
  return { url: lab.url, requests: lab.requests, close: lab.close, world, actions }
}

function answer(request: LabRequest, world: Ec2World, url: string): LabReply {
  const fields = new URLSearchParams(request.body)
  const action = fields.get('Action') ?? ''
  if (!isSigned(request, url)) return refusal(403, 'SignatureDoesNotMatch')
  const failure = world.failing?.[action]
  if (failure !== undefined) return refusal(failure.status, failure.code)
  const holder = fields.get('NetworkInterfaceId') ?? fields.get('InstanceId') ?? ''
  switch (action) {
    case 'DescribeRouteTables': {
      const routes = [...world.routes].map(([destination, one]) => {
        const key = destination.includes(':') ? 'destinationIpv6CidrBlock' : 'destinationCidrBlock'
        return `<item><${key}>${destination}</${key}>${holderXml(one)}<state>active</state><origin>CreateRoute</origin></item>`
      })
      const table = `<item><routeTableId>${fields.get('RouteTableId.1')}</routeTableId><routeSet>${routes.join('')}</routeSet><tagSet/></item>`
      return reply(action, `<routeTableSet>${table}</routeTableSet>`)
    }
    case 'ReplaceRoute': {
      const destination = fields.get('DestinationCidrBlock') ?? fields.get('DestinationIpv6CidrBlock') ?? ''
      if (!world.routes.has(destination)) return refusal(400, 'InvalidParameterValue')
      if (world.lazy !== true) world.routes.set(destination, holder)
      return reply(action, '<return>true</return>')
    }
    case 'DescribeAddresses': {
      const id = fields.get('AllocationId.1') ?? ''
      if (!world.addresses.has(id)) return refusal(400, 'InvalidAllocationID.NotFound')
      const one = world.addresses.get(id)
      return reply(
        action,
        `<addressesSet><item><publicIp>203.0.113.9</publicIp><allocationId>${id}</allocationId>${one === undefined ? '' : holderXml(one)}</item></addressesSet>`,
      )
    }
    case 'AssociateAddress': {
      const id = fields.get('AllocationId') ?? ''
      if (world.addresses.get(id) !== undefined && fields.get('AllowReassociation') !== 'true')
        return refusal(400, 'Resource.AlreadyAssociated')
      if (world.lazy !== true) world.addresses.set(id, holder)
      return reply(action, '<return>true</return><associationId>eipassoc-01234567</associationId>')
    }
    default:
      return refusal(400, 'InvalidAction')
  }
}

function holderXml(holder: string): string {
  // EC2 tells both, whichever was configured.
  if (holder.startsWith('eni-')) return `<networkInterfaceId>${holder}</networkInterfaceId>`
  return `<instanceId>${holder}</instanceId><networkInterfaceId>eni-ffffffff</networkInterfaceId>`
}

function reply(action: string, content: string): LabReply {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<${action}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">\n  <requestId>8f7724cf</requestId>\n  ${content}\n</${action}Response>\n`
  return { headers: { 'content-type': 'text/xml;charset=UTF-8' }, body }
}

function refusal(status: number, code: string): LabReply {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error><Code>${code}</Code><Message>In &amp; out: ${code}</Message></Error></Errors><RequestID>8f7724cf</RequestID></Response>`
  return { status, body }
}

function isSigned({ headers, body }: LabRequest, url: string): boolean {
  const date = String(headers['x-amz-date'] ?? '')
  const time = date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z')
  const expected = signedHeaders(
    {
      method: 'POST',
      url: new URL(url),
      headers: { 'content-type': String(headers['content-type']) },
      body,
      region: 'eu-central-1',
      service: 'ec2',
      nowMs: Date.parse(time),
    },
    EC2_KEYS,
  )
  return headers.authorization === expected.authorization
}
