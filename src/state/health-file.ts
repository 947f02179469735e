import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { errnoOf, messageOf, SipvaneError } from '../core/errors.ts'
import type { HealthState } from '../core/health.ts'
import { REASONS, type ReasonCode } from '../core/outcome.ts'
import type { Clock, Logger } from '../core/ports.ts'
import type { Override } from '../core/verdict.ts'
import { ForeignFileError, makeFolder, readRegular, replaceFile } from './files.ts'
import { jsonInPieces } from './pieces.ts'

export const HEALTH_FILE = 'health.json'
const FORMAT = 'sipvane-health'
const VERSION = 1
/** Well above 100,000 watches; a larger file is not ours. */
const MAX_BYTES = 256 * 1024 * 1024

const count = z.number().int().min(0)
const instantMs = z.number().finite().min(0)

const savedOutcome = z.object({
  result: z.enum(['pass', 'fail', 'inconclusive']),
  reason: z.enum(Object.keys(REASONS) as [ReasonCode, ...ReasonCode[]]),
  detail: z.string().max(1000).optional(),
  rttMs: z.number().finite().min(0).optional(),
  attempts: count,
  status: z.number().int().optional(),
  impaired: z.string().max(1000).optional(),
  retryAfterMs: z.number().finite().min(0).optional(),
})

const savedHealth = z.object({
  status: z.enum(['unknown', 'up', 'down']),
  sinceMs: instantMs,
  passes: count,
  fails: count,
  hardFails: count,
  unanswered: count,
  failingSinceMs: instantMs.optional(),
  heardAtMs: instantMs.optional(),
  loss: z.number().min(0).max(1),
  changes: count,
  drainUntilMs: instantMs.optional(),
  impaired: z.boolean().optional(),
  impairedRun: count.optional(),
  poor: z.object({ what: z.string().max(1000), quietSinceMs: instantMs.optional() }).optional(),
  worseSinceMs: instantMs.optional(),
  srttMs: z.number().finite().min(0).optional(),
  rttvarMs: z.number().finite().min(0).optional(),
  rttSamples: count.optional(),
  rttBackoff: count.max(30).optional(),
  last: savedOutcome.optional(),
  lastAtMs: instantMs.optional(),
})

const savedOverride = z.object({
  kind: z.enum(['up', 'down', 'drain']),
  untilMs: instantMs.optional(),
  reason: z.string().max(1000).optional(),
  author: z.string().max(200).optional(),
})

const savedFile = z.object({
  format: z.literal(FORMAT),
  version: z.literal(VERSION),
  node: z.string(),
  savedAtMs: instantMs,
  wallAtMs: instantMs.optional(),
  health: z.record(z.string(), savedHealth),
  policy: z.record(z.string(), z.unknown()),
  serials: z.record(
    z.string(),
    z.object({ serial: z.number().int().min(0).max(0xffffffff), contentHash: z.string() }),
  ),
  overrides: z.record(z.string(), savedOverride),
})

export interface SavedState {
  readonly node: string
  readonly savedAtMs: number
  /** The time of day then, which may have been set since the process began to count. Absent: as `savedAtMs`. */
  readonly wallAtMs?: number
  readonly health: Readonly<Record<string, HealthState>>
  /** Each policy reads its own back. */
  readonly policy: Readonly<Record<string, unknown>>
  readonly serials: Readonly<Record<string, { readonly serial: number; readonly contentHash: string }>>
  readonly overrides: Readonly<Record<string, Override>>
}

/** The same to be written: maps, which nobody has to copy into objects first, and which may move on while they are written. */
export interface StateToSave {
  readonly node: string
  readonly savedAtMs: number
  readonly wallAtMs?: number
  readonly health: ReadonlyMap<string, HealthState>
  readonly policy: ReadonlyMap<string, unknown>
  readonly serials: ReadonlyMap<string, { readonly serial: number; readonly contentHash: string }>
  readonly overrides: ReadonlyMap<string, Override>
}

class StateError extends SipvaneError {}

/** The last known health of one instance: one small JSON file, replaced whole. */
export interface HealthFile {
  /** Absent: there is none, or it was broken or foreign and now lies beside under another name. Never rejects for what the file holds. */
  read(): Promise<SavedState | undefined>
  /** As `read`, but leaves a broken file where it is: for commands beside a running instance. */
  peek(): Promise<SavedState | undefined>
  /**
   * Lets the event loop have its turns between pieces. What the maps get meanwhile is written or not, as it comes. Rejects with
   * `StateError` where the file system refuses.
   */
  write(state: StateToSave): Promise<void>
}

export function openHealthFile(stateDir: string, deps: { clock: Clock; logger: Logger }): HealthFile {
  const path = join(stateDir, HEALTH_FILE)
  return { read: () => load(moveAside), peek: () => load(async () => undefined), write }

  async function load(refuse: (why: string) => Promise<undefined>): Promise<SavedState | undefined> {
    let text: string
    try {
      text = await readRegular(path, MAX_BYTES)
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return undefined
      if (error instanceof ForeignFileError) return await refuse(error.message)
      const message = `cannot read ${path}: ${messageOf(error)}; starting without last known health`
      deps.logger.warn('state.unreadable', { file: path, error }, message)
      return undefined
    }
    let json: unknown
    try {
      json = JSON.parse(text)
    } catch (error) {
      return await refuse(messageOf(error))
    }
    const parsed = savedFile.safeParse(json)
    if (!parsed.success) return await refuse(z.prettifyError(parsed.error).slice(0, 500))
    const { format: _format, version: _version, ...state } = parsed.data
    // zod's optional keys may hold undefined by type, but not when read from JSON.
    return state as SavedState
  }

  async function moveAside(why: string): Promise<undefined> {
    const aside = `${path}.broken-${Math.floor(deps.clock.nowMs())}`
    try {
      await rename(path, aside)
      deps.logger.warn(
        'state.broken',
        { file: path, aside, why },
        `${path} is not a state file of ours (${why}); it was moved to ${aside}`,
      )
    } catch (error) {
      deps.logger.warn(
        'state.broken',
        { file: path, why, error },
        `${path} is not a state file of ours (${why}) and cannot be moved aside: ${messageOf(error)}`,
      )
    }
  }

  async function write(state: StateToSave): Promise<void> {
    try {
      await makeFolder(stateDir)
      await replaceFile(path, jsonInPieces({ format: FORMAT, version: VERSION, ...state }))
    } catch (error) {
      throw new StateError('state-not-written', `cannot write ${path}: ${messageOf(error)}`, {
        retryable: true,
        cause: error,
      })
    }
  }
}
