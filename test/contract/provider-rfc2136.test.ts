import { rfc2136Fixture } from '../support/rfc2136-fixture.ts'
import { providerContract } from './provider.contract.ts'
import { providerDecisions } from './provider.decisions.ts'

providerContract(rfc2136Fixture('auto'))
providerDecisions(rfc2136Fixture('tcp'))
