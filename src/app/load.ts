import { dirname, resolve } from 'node:path'
import { loadConfig, readConfig } from '../config/load.ts'
import { checkZone } from '../zone/check.ts'

export interface LoadContext {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly hostname: string
  /** What a relative FILE is relative to. */
  readonly cwd: string
}

/**
 * Reads, validates and freezes a configuration, the zones' own contradictions included: every fault at once, with its place.
 * Rejects with a `SipvaneError` where the file cannot be read.
 */
export async function loadSettings(
  file: string,
  context: LoadContext,
): Promise<ReturnType<typeof loadConfig>> {
  const path = resolve(context.cwd, file)
  const text = await readConfig(path)
  // Faults name the file as the operator did; what the configuration names is relative to where the configuration lies.
  return loadConfig(
    { file, text },
    { env: context.env, hostname: context.hostname, baseDir: dirname(path), checkZone },
  )
}
