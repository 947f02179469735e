import { formatFault } from '../../src/config/fault.ts'
import { loadConfig } from '../../src/config/load.ts'
import type { Settings } from '../../src/core/settings.ts'
import { checkZone } from '../../src/zone/check.ts'

/** Settings from a configuration's text; a fault in it is a fault of the test. */
export function settingsOf(text: string, env: Readonly<Record<string, string>> = {}): Settings {
  const loaded = loadConfig({ file: 'test.yaml', text }, { env, hostname: 'ns1', baseDir: '/', checkZone })
  if (!loaded.ok) throw new Error(loaded.faults.map(formatFault).join('\n'))
  return loaded.settings
}
