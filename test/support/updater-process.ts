/**
 * Keeps a zone of the Route53 fake in a process of its own, so that it can be killed at any point. Arguments: endpoint, and `restless`
 * (wants something else as soon as it has what it wanted) or `final` (ends when it has the last of it).
 */
import { providerDefinitions } from '../../src/publishers/providers/registry.ts'
import { Driver } from './provider-driver.ts'
import { FAKE_KEYS } from './route53-server.ts'
import { version } from './updater-versions.ts'

const [endpoint = '', mode] = process.argv.slice(2)
const definition = providerDefinitions.get('route53')
if (definition === undefined) throw new Error('no route53')
const options = { hostedZoneId: 'Z1', endpoint, ...FAKE_KEYS }
const driver = new Driver(definition, { options })
process.stdout.write('running\n')
if (mode === 'final') await driver.converge(version(0))
else for (let count = 1; ; count++) await driver.converge(version(count))
await driver.provider.close()
