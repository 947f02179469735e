import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Debian keeps servers where an ordinary user's PATH does not look. */
const FOLDERS = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin', '/sbin']

/** The path of a real peer's command, or undefined where it is not installed. */
export function peerPath(command: string): string | undefined {
  for (const folder of FOLDERS) {
    const path = join(folder, command)
    try {
      accessSync(path, constants.X_OK)
      return path
    } catch {
      // Not there: the next folder.
    }
  }
  return undefined
}

/**
 * Whether a real peer can be talked to; tests skip without it. Where peers are required (`SIPVANE_REQUIRE_PEERS=1`, as in CI) a missing one
 * is an error, so that nothing is skipped there unseen. `debianPackage` says what to install.
 */
export function hasPeer(command: string, debianPackage: string): boolean {
  if (peerPath(command) !== undefined) return true
  if (process.env.SIPVANE_REQUIRE_PEERS === '1') {
    throw new Error(`${command} is required here and not installed (Debian package ${debianPackage})`)
  }
  return false
}
