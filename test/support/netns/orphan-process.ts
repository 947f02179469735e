/**
 * Makes a namespace with somebody in it and waits to be killed, for the test of what a killed lab leaves behind. Prints the namespace's
 * name.
 */
import { spawn } from 'node:child_process'
import { Namespaces } from './namespaces.ts'

const spaces = await Namespaces.create(['office'])
const [program = '', ...args] = spaces.launcher('office')
spawn(program, [...args, 'sleep', '60'], { stdio: 'ignore' })
process.stdout.write(`${spaces.path('office')}\n`)
process.stdin.on('end', () => process.exit()).resume()
