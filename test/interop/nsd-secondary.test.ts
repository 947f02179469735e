import { describeSecondary } from './secondary-cases.ts'

describeSecondary('nsd', 'NSD')
