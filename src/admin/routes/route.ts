import type { FastifyInstance } from 'fastify'
import type { Facade } from '../../app/facade.ts'

/** A group of paths: one file, one line in `registry.ts`. */
export type Routes = (server: FastifyInstance, facade: Facade) => void

/** The form that every refusal has. */
export function problem(code: string, message: string): { error: { code: string; message: string } } {
  return { error: { code, message } }
}
