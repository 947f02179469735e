import type { TargetId } from '../core/brand.ts'
import type { Report, ReportBoard } from '../probes/definition.ts'

/** Keeps the newest pushed report of each target and probe. In memory only: after a restart reporters speak again. */
export class ReportStore implements ReportBoard {
  readonly #reports = new Map<string, Report>()

  latest(target: TargetId, probe: string): Report | undefined {
    return this.#reports.get(key(target, probe))
  }

  /** The caller knows that the target and the probe are configured, so that strangers' words cannot fill the memory. */
  put(target: TargetId, probe: string, report: Report): void {
    this.#reports.set(key(target, probe), report)
  }

  /** Forgets what a new configuration has no use for. */
  keepOnly(has: (target: TargetId, probe: string) => boolean): void {
    for (const each of this.#reports.keys()) {
      const [target = '', probe = ''] = each.split(' ')
      if (!has(target as TargetId, probe)) this.#reports.delete(each)
    }
  }
}

/** Neither name holds a blank. */
function key(target: TargetId, probe: string): string {
  return `${target} ${probe}`
}
