import type { z } from 'zod'
import { HookError } from '../error.ts'
import { call, type HttpCall } from './call.ts'

/** A call of a JSON API; what does not fit the schema is `protocol`. */
export async function callJson<T>(
  schema: z.ZodType<T>,
  request: Omit<HttpCall, 'body'> & { readonly json?: unknown },
): Promise<T> {
  const { json, ...rest } = request
  const { text } = await call({
    ...rest,
    headers: { accept: 'application/json', 'content-type': 'application/json', ...rest.headers },
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
  })
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    value = undefined
  }
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  throw new HookError('protocol', `could not ${rest.what} at ${rest.url.host}: the answer makes no sense`)
}
