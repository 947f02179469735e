import { z } from 'zod'
import { Ec2 } from './aws/ec2.ts'
import { checkKeys, ec2Shape, secretsOf } from './aws/options.ts'
import { at, textAt, type XmlElement } from './aws/xml.ts'
import { HookError } from './error.ts'
import { defineMovingHook } from './moving/hook.ts'
import type { Movable } from './moving/move.ts'

const CIDR = /^(?:[0-9.]+\/(?:\d|[12]\d|3[0-2])|[0-9a-fA-F:.]+\/(?:\d|[1-9]\d|1[01]\d|12[0-8]))$/

const keys = z.strictObject({
  ...ec2Shape,
  routeTable: z
    .string()
    .regex(/^rtb-[0-9a-f]{8,32}$/, { error: 'allowed: a route table, like rtb-0123456789abcdef0' })
    .describe('Route table of the VPC.'),
  destination: z
    .string()
    .regex(CIDR, { error: 'allowed: a prefix, like 203.0.113.10/32' })
    .describe('Destination of the route that is moved, as the table has it; the route must be there.'),
})

export type AwsRouteOptions = z.output<typeof keys>

export const awsRoute = defineMovingHook<AwsRouteOptions>({
  kind: 'aws-route',
  summary:
    'Points a route of a VPC at the live instance (ReplaceRoute), for clients that cannot follow DNS. Calls through the old instance break, unless both share them.',
  options: keys.superRefine(checkKeys),
  defaultTimeoutMs: 30_000,
  secrets: secretsOf,
  movable: (settings) => route(settings, new Ec2(settings)),
})

function route({ routeTable, destination, holders }: AwsRouteOptions, ec2: Ec2): Movable {
  const v6 = destination.includes(':')
  const what = `route ${destination} of ${routeTable}`
  return {
    what,
    async holder(signal) {
      const answer = await ec2.ask('DescribeRouteTables', { 'RouteTableId.1': routeTable }, signal)
      const routes = at(answer, 'routeTableSet', 'item', 'routeSet', 'item')
      const found = routes.find(
        (one) => textAt(one, v6 ? 'destinationIpv6CidrBlock' : 'destinationCidrBlock') === destination,
      )
      if (found === undefined) throw new HookError('refused', `there is no ${what}: create it once, by hand`)
      return holderOf(found, Object.values(holders))
    },
    async move(holder, signal) {
      const fields = {
        RouteTableId: routeTable,
        [v6 ? 'DestinationIpv6CidrBlock' : 'DestinationCidrBlock']: destination,
        [holder.startsWith('eni-') ? 'NetworkInterfaceId' : 'InstanceId']: holder,
      }
      const answer = await ec2.ask('ReplaceRoute', fields, signal)
      if (textAt(answer, 'return') !== 'true')
        throw new HookError('failed', `ReplaceRoute of ${what} returned no success`)
    },
  }
}

/** A route to an instance is told with the interface as well: whichever of the two is configured counts. */
function holderOf(element: XmlElement, configured: readonly string[]): string | undefined {
  const ids = ['networkInterfaceId', 'instanceId', 'gatewayId', 'natGatewayId'].flatMap(
    (name) => textAt(element, name) ?? [],
  )
  return ids.find((id) => configured.includes(id)) ?? ids[0]
}
