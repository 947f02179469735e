import { z } from 'zod'
import { duration, wholeNumber } from '../../core/schemas.ts'
import type { DampingSettings, PoolSettings, Threshold } from '../../core/settings.ts'
import type { Path } from '../fault.ts'
import type { Fields } from '../fields.ts'
import type { Report } from '../report.ts'

const MINUTE_MS = 60_000
const DAMPING_DEFAULTS: DampingSettings = {
  halfLifeMs: 10 * MINUTE_MS,
  suppress: 2000,
  reuse: 750,
  maxSuppressMs: 30 * MINUTE_MS,
}
const PENALTY_MAX = 1_000_000
const TARGETS_MAX = 100_000

const PERCENT = /^(\d{1,3})%$/
const PERCENT_ALLOWED = 'allowed: a share like 50%, from 1% to 100%'

/** `50%` as 50. */
const percent = z
  .string({ error: PERCENT_ALLOWED })
  .regex(PERCENT, { error: PERCENT_ALLOWED })
  .transform((text, context) => {
    const share = Number(PERCENT.exec(text)?.[1])
    if (share >= 1 && share <= 100) return share
    context.addIssue({ code: 'custom', message: PERCENT_ALLOWED })
    return z.NEVER
  })

const dampingShape = {
  halfLife: duration({ minMs: 1_000 })
    .optional()
    .describe('How long until a penalty has sunk to its half. Default 10m.'),
  suppress: wholeNumber(1, PENALTY_MAX)
    .optional()
    .describe('An address whose penalty is above this is left out; each flap costs 1000. Default 2000.'),
  reuse: wholeNumber(1, PENALTY_MAX)
    .optional()
    .describe('It comes back when its penalty has sunk to this. Default 750.'),
  maxSuppress: duration({ minMs: 1_000 })
    .optional()
    .describe('It comes back this long after its last flap at the latest. Default 30m.'),
}

const effect = z.enum(['down', 'degrade', 'ignore'])

/** Keys of a pool that bound what its decision may do, and how fast. */
export const guardrailShape = {
  damping: z
    .union([z.enum(['on', 'off']), z.strictObject(dampingShape)], {
      error:
        'allowed: on, off, or a mapping like { halfLife: 10m, suppress: 2000, reuse: 750, maxSuppress: 30m }',
    })
    .default({})
    .describe(
      'Flap damping (RFC 2439): an address that flaps is left out until it has kept still. Default on.',
    ),
  minLive: z
    .union(
      [
        wholeNumber(1, TARGETS_MAX).transform((count): Threshold => ({ count })),
        percent.transform((share): Threshold => ({ percent: share })),
      ],
      { error: 'allowed: a number of targets, or a share of them like 50%' },
    )
    .optional()
    .describe('With fewer live targets than this all are answered (panic). Default none.'),
  maxShift: percent
    .optional()
    .describe(
      "How much of the pool's weight may leave or come back within a minute, like 25%. Default 100%.",
    ),
  holdDown: duration()
    .optional()
    .describe(
      'From one change of A and AAAA to the next, unless somebody who serves has died. Default 0s: none.',
    ),
  handover: duration()
    .optional()
    .describe(
      'Over how long the share of a target that died goes to the others of its tier. Default 0s: at once.',
    ),
  planes: z
    .strictObject(
      {
        control: effect
          .optional()
          .describe("What a failing probe of signalling does. Default its onFail's word."),
        media: effect.optional().describe("What a failing probe of media does. Default its onFail's word."),
      },
      { error: 'allowed: a mapping of control and media to down, degrade or ignore' },
    )
    .optional()
    .describe('What failing probes of a plane make of a target, instead of their own onFail.'),
}

type GuardrailFields = Pick<Fields<typeof guardrailShape>, keyof typeof guardrailShape>
type Guardrails = Pick<
  PoolSettings,
  'damping' | 'minLive' | 'maxShiftPercent' | 'holdDownMs' | 'handoverMs' | 'planes'
>

/** As settings have them; what is off is absent. `targets`: how many the pool has. */
export function readGuardrails(
  report: Report,
  path: Path,
  fields: GuardrailFields,
  targets: number,
): Guardrails {
  const { minLive, maxShift, holdDown, handover, planes } = fields
  const damping = readDamping(report, [...path, 'damping'], fields.damping)
  if (minLive !== undefined && 'count' in minLive && minLive.count > targets && targets > 0) {
    report.refuse(
      [...path, 'minLive'],
      `allowed: at most the number of targets (${targets}), or it would always be panic`,
    )
  }
  const { control, media } = planes ?? {}
  return {
    ...(damping === undefined ? {} : { damping }),
    ...(minLive === undefined ? {} : { minLive }),
    ...(maxShift === undefined ? {} : { maxShiftPercent: maxShift }),
    ...(holdDown === undefined || holdDown === 0 ? {} : { holdDownMs: holdDown }),
    ...(handover === undefined || handover === 0 ? {} : { handoverMs: handover }),
    ...(planes === undefined
      ? {}
      : {
          planes: {
            ...(control === undefined ? {} : { control }),
            ...(media === undefined ? {} : { media }),
          },
        }),
  }
}

function readDamping(
  report: Report,
  path: Path,
  given: GuardrailFields['damping'],
): DampingSettings | undefined {
  if (given === undefined || given === 'off') return undefined
  if (given === 'on') return DAMPING_DEFAULTS
  const damping = {
    halfLifeMs: given.halfLife ?? DAMPING_DEFAULTS.halfLifeMs,
    suppress: given.suppress ?? DAMPING_DEFAULTS.suppress,
    reuse: given.reuse ?? DAMPING_DEFAULTS.reuse,
    maxSuppressMs: given.maxSuppress ?? DAMPING_DEFAULTS.maxSuppressMs,
  }
  if (damping.reuse >= damping.suppress) {
    report.fault(path, `reuse ${damping.reuse} seen; allowed: less than suppress (${damping.suppress})`)
    return undefined
  }
  // RFC 2439's ceiling: a penalty never rises above what sinks to `reuse` within `maxSuppress`.
  const ceiling = damping.reuse * 2 ** (damping.maxSuppressMs / damping.halfLifeMs)
  if (ceiling <= damping.suppress) {
    report.fault(
      path,
      `the penalty can rise to ${Math.floor(ceiling)} only (reuse doubled with each halfLife in maxSuppress), and nothing would ever be suppressed; allowed: more than suppress (${damping.suppress})`,
    )
    return undefined
  }
  return damping
}
