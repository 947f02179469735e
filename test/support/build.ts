import { execFileSync } from 'node:child_process'

/** Tests of the command run what is built: it must be what the sources say. */
export function setup(): void {
  execFileSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' })
}
