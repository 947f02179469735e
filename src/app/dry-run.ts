import type { Settings } from '../core/settings.ts'

/** The same configuration with every updater and hook only saying what it would do. DNS is answered as ever. */
export function dryRunOf(settings: Settings): Settings {
  return {
    ...settings,
    providers: looking(settings.providers),
    ...(settings.hooks === undefined ? {} : { hooks: looking(settings.hooks) }),
  }
}

function looking<One extends { readonly dryRun: boolean }>(
  all: ReadonlyMap<string, One>,
): ReadonlyMap<string, One> {
  return new Map([...all].map(([name, one]) => [name, { ...one, dryRun: true }]))
}
