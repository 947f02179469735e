import { asteriskAmi } from './asterisk-ami.ts'
import { awsElasticIp } from './aws-elastic-ip.ts'
import { awsRoute } from './aws-route.ts'
import type { HookDefinition } from './definition.ts'
import { email } from './email.ts'
import { exec } from './exec.ts'
import { floatingIp } from './floating-ip.ts'
import { freeswitchEsl } from './freeswitch-esl.ts'
import { webhook } from './webhook.ts'

const definitions: readonly HookDefinition[] = [
  asteriskAmi as HookDefinition,
  freeswitchEsl as HookDefinition,
  webhook as HookDefinition,
  exec as HookDefinition,
  email as HookDefinition,
  awsRoute as HookDefinition,
  awsElasticIp as HookDefinition,
  floatingIp as HookDefinition,
]

/** Every kind of hook, by the `type` it has in the configuration. */
export const hookDefinitions: ReadonlyMap<string, HookDefinition> = new Map(
  definitions.map((definition) => [definition.kind, definition]),
)
