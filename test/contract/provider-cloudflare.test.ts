import { describe } from 'vitest'
import { cloudflareFixture, strictCloudflareFixture } from '../support/cloudflare-fixture.ts'
import { providerContract } from './provider.contract.ts'
import { providerDecisions } from './provider.decisions.ts'

for (const [how, fixture] of [
  ['as it is', cloudflareFixture],
  ['looking again before every change', strictCloudflareFixture],
] as const)
  describe(how, () => {
    providerContract(fixture)
    providerDecisions(fixture)
  })
