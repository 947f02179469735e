import { z } from 'zod'
import { CompositeProber, membersShape } from './composite/composite-prober.ts'
import { defineProbe } from './definition.ts'

const options = z.strictObject({ of: membersShape })

export type AnySettings = z.output<typeof options>

export const any = defineProbe<AnySettings>({
  kind: 'any',
  summary:
    'Asks several other probes at once: proves that one of them passes at least. Costs the server what they cost together.',
  options,
  members: ({ of }) => of,
  create: ({ of }, deps) => new CompositeProber(of, 1, deps),
})
