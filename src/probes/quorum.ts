import { z } from 'zod'
import { wholeNumber } from '../core/schemas.ts'
import { CompositeProber, membersShape } from './composite/composite-prober.ts'
import { defineProbe } from './definition.ts'

const options = z
  .strictObject({
    of: membersShape,
    need: wholeNumber(1, 16).describe('How many of them have to pass.'),
  })
  .refine(({ of, need }) => need <= of.length, {
    error: 'allowed: at most as many as there are probes in `of`',
    path: ['need'],
  })

export type QuorumSettings = z.output<typeof options>

export const quorum = defineProbe<QuorumSettings>({
  kind: 'quorum',
  summary:
    'Asks several other probes at once: proves that so many of them pass. Costs the server what they cost together.',
  options,
  members: ({ of }) => of,
  create: ({ of, need }, deps) => new CompositeProber(of, need, deps),
})
