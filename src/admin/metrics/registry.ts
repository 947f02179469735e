import { health } from './health.ts'
import { hooks } from './hooks.ts'
import { instance } from './instance.ts'
import type { Subject } from './instruments.ts'
import { quality } from './quality.ts'
import { responder } from './responder.ts'
import { updaters } from './updaters.ts'

/** What `/metrics` tells of, beside the process itself. */
export const subjects: readonly Subject[] = [instance, health, responder, updaters, hooks, quality]
