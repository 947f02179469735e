import { z } from 'zod'
import { CompositeProber, membersShape } from './composite/composite-prober.ts'
import { defineProbe } from './definition.ts'

const options = z.strictObject({ of: membersShape })

export type AllSettings = z.output<typeof options>

export const all = defineProbe<AllSettings>({
  kind: 'all',
  summary:
    'Asks several other probes at once: proves that every one of them passes that could tell. Costs the server what they cost together.',
  options,
  members: ({ of }) => of,
  create: ({ of }, deps) => new CompositeProber(of, 'all', deps),
})
