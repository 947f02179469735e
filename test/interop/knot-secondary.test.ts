import { describeSecondary } from './secondary-cases.ts'

describeSecondary('knot', 'Knot')
