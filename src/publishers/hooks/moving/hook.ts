import type { z } from 'zod'
import { defineHook, type HookDefinition, type HookDeps } from '../definition.ts'
import { holderFaults } from './holders.ts'
import { checkMovable, type Movable, moveTo, type OpenOrders } from './move.ts'

/** What a kind of hook gives that moves one thing to the live target. */
export interface MovingHook<Options> {
  readonly kind: string
  readonly summary: string
  readonly options: z.ZodType<Options>
  /** Of one attempt, where the configuration gives none. */
  readonly defaultTimeoutMs: number
  secrets(options: Options): readonly string[]
  /** The thing that is moved. Opens nothing yet. */
  movable(options: Options, deps: HookDeps): Movable
}

/** A hook that makes one thing follow the decisions of its pools, and puts it right after a start. */
export function defineMovingHook<Options extends { readonly holders: Readonly<Record<string, string>> }>({
  movable,
  ...kind
}: MovingHook<Options>): HookDefinition<Options> {
  return defineHook<Options>({
    ...kind,
    takes: 'newest',
    atStart: 'ensure',
    events: ['decision.changed'],
    defaultOn: ['decision.changed'],
    faults: ({ holders }, targets) => holderFaults(holders, targets),
    create(options, deps) {
      const thing = movable(options, deps)
      const { holders } = options
      const open: OpenOrders = new Set()
      return {
        run: (event, context) => moveTo(event, holders, thing, context, deps.timers, open),
        check: (_event, { signal }) => checkMovable(holders, thing, signal),
      }
    },
  })
}
