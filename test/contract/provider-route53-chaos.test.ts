import { route53Fixture } from '../support/route53-fixture.ts'
import { providerChaos } from './provider.chaos.ts'

providerChaos(route53Fixture, 500)
