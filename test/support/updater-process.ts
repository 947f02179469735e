/**
 * Keeps a zone of a fake provider in a process of its own, so that it can be killed at any point. Arguments: kind, the provider's options
 * as JSON, and `restless` (wants something else as soon as it has what it wanted) or `final` (ends when it has the last of it).
 */
import { providerDefinitions } from '../../src/publishers/providers/registry.ts'
import { Driver } from './provider-driver.ts'
import { version } from './updater-versions.ts'

const [kind = '', options = '', mode] = process.argv.slice(2)
const definition = providerDefinitions.get(kind)
if (definition === undefined) throw new Error(`no ${kind}`)
const driver = new Driver(definition, { options: JSON.parse(options) })
process.stdout.write('running\n')
if (mode === 'final') await driver.converge(version(0))
else for (let count = 1; ; count++) await driver.converge(version(count))
await driver.provider.close()
