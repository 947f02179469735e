import { spawnSync } from 'node:child_process'

/**
 * Tests of the command run what is built: it must be what the sources say. A type error does not keep the compiler from writing, and `npm run check`
 * is who fails on it.
 */
export function setup(): void {
  spawnSync('npm', ['run', '--silent', 'build'], { stdio: ['ignore', 'ignore', 'inherit'] })
}
