import { describeSecondary } from './secondary-cases.ts'

describeSecondary('bind', 'BIND')
