import { cloudflareFixture } from '../support/cloudflare-fixture.ts'
import { providerChaos } from './provider.chaos.ts'

providerChaos(cloudflareFixture, 500)
