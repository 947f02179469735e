import { rfc2136Fixture } from '../support/rfc2136-fixture.ts'
import { providerContract } from './provider.contract.ts'

providerContract(rfc2136Fixture('auto'))
