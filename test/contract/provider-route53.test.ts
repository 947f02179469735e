import { route53Fixture } from '../support/route53-fixture.ts'
import { providerContract } from './provider.contract.ts'
import { providerDecisions } from './provider.decisions.ts'

providerContract(route53Fixture)
providerDecisions(route53Fixture)
