import { route53Fixture } from '../support/route53-fixture.ts'
import { providerContract } from './provider.contract.ts'

providerContract(route53Fixture)
