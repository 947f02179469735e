import { z } from 'zod'
import type { SipvaneEvent } from '../../core/event.ts'
import { Ec2 } from './aws/ec2.ts'
import { checkKeys, ec2Shape, secretsOf } from './aws/options.ts'
import { at, textAt, type XmlElement } from './aws/xml.ts'
import { defineHook, type Finding, type Hook, type HookContext, type HookDeps } from './definition.ts'
import { HookError } from './error.ts'
import { holderFaults } from './moving/holders.ts'
import { checkMovable, type Movable, moveTo } from './moving/move.ts'

const keys = z.strictObject({
  ...ec2Shape,
  allocation: z
    .string()
    .regex(/^eipalloc-[0-9a-f]{8,32}$/, { error: 'allowed: an allocation, like eipalloc-0123456789abcdef0' })
    .describe('Allocation of the Elastic IP.'),
})

export type AwsElasticIpOptions = z.output<typeof keys>

export const awsElasticIp = defineHook<AwsElasticIpOptions>({
  kind: 'aws-elastic-ip',
  summary:
    'Associates an Elastic IP with the live instance, for clients that cannot follow DNS. Calls over the address break, and the old instance loses it.',
  options: keys.superRefine(checkKeys),
  takes: 'newest',
  atStart: 'ensure',
  events: ['decision.changed'],
  defaultOn: ['decision.changed'],
  defaultTimeoutMs: 30_000,
  secrets: secretsOf,
  faults: ({ holders }, targets) => holderFaults(holders, targets),
  create: (settings, deps) => new AwsElasticIp(settings, deps),
})

class AwsElasticIp implements Hook {
  readonly #options: AwsElasticIpOptions
  readonly #deps: HookDeps
  readonly #address: Movable

  constructor(settings: AwsElasticIpOptions, deps: HookDeps) {
    this.#options = settings
    this.#deps = deps
    this.#address = elasticIp(settings, new Ec2(settings, deps.clock))
  }

  run(event: SipvaneEvent, context: HookContext): Promise<void> {
    return moveTo(event, this.#options.holders, this.#address, context, this.#deps.timers)
  }

  check(_event: SipvaneEvent, { signal }: HookContext): Promise<Finding[]> {
    return checkMovable(this.#options.holders, this.#address, signal)
  }
}

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
