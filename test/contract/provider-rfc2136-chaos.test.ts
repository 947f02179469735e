import { rfc2136Fixture } from '../support/rfc2136-fixture.ts'
import { providerChaos } from './provider.chaos.ts'

providerChaos(rfc2136Fixture('tcp'), 500)
