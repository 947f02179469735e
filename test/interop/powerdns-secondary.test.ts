import { describeSecondary } from './secondary-cases.ts'

describeSecondary('powerdns', 'PowerDNS')
