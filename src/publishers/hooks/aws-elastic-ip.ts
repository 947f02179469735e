import { z } from 'zod'
import { Ec2 } from './aws/ec2.ts'
import { checkKeys, ec2Shape, secretsOf } from './aws/options.ts'
import { at, textAt, type XmlElement } from './aws/xml.ts'
import { HookError } from './error.ts'
import { defineMovingHook } from './moving/hook.ts'
import type { Movable } from './moving/move.ts'

const keys = z.strictObject({
  ...ec2Shape,
  allocation: z
    .string()
    .regex(/^eipalloc-[0-9a-f]{8,32}$/, { error: 'allowed: an allocation, like eipalloc-0123456789abcdef0' })
    .describe('Allocation of the Elastic IP.'),
})

export type AwsElasticIpOptions = z.output<typeof keys>

export const awsElasticIp = defineMovingHook<AwsElasticIpOptions>({
  kind: 'aws-elastic-ip',
  summary:
    'Associates an Elastic IP with the live instance, for clients that cannot follow DNS. Calls over the address break, and the old instance loses it.',
  options: keys.superRefine(checkKeys),
  defaultTimeoutMs: 30_000,
  secrets: secretsOf,
  movable: (settings) => elasticIp(settings, new Ec2(settings)),
})

function elasticIp({ allocation, holders }: AwsElasticIpOptions, ec2: Ec2): Movable {
  const what = `Elastic IP ${allocation}`
  return {
    what,
    async holder(signal) {
      const answer = await ec2.ask('DescribeAddresses', { 'AllocationId.1': allocation }, signal)
      const [found] = at(answer, 'addressesSet', 'item')
      if (found === undefined) throw new HookError('refused', `there is no ${what}`)
      return holderOf(found, Object.values(holders))
    },
    async move(holder, signal) {
      const fields = {
        AllocationId: allocation,
        [holder.startsWith('eni-') ? 'NetworkInterfaceId' : 'InstanceId']: holder,
        // Without it EC2 refuses to take the address from a live holder.
        AllowReassociation: 'true',
      }
      const answer = await ec2.ask('AssociateAddress', fields, signal)
      if (textAt(answer, 'associationId') === undefined)
        throw new HookError('failed', `AssociateAddress of ${what} returned no association`)
    },
  }
}

function holderOf(element: XmlElement, configured: readonly string[]): string | undefined {
  const ids = ['networkInterfaceId', 'instanceId'].flatMap((name) => textAt(element, name) ?? [])
  return ids.find((id) => configured.includes(id)) ?? ids[0]
}
