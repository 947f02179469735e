import { describe } from 'vitest'
import { cloudflareFixture, strictCloudflareFixture } from '../support/cloudflare-fixture.ts'
import { providerContract } from './provider.contract.ts'

describe('as it is', () => providerContract(cloudflareFixture))
describe('looking again before every change', () => providerContract(strictCloudflareFixture))
