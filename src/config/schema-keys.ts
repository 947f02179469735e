import { z } from 'zod'

/** The keys that a schema knows for the mapping at `path` inside it; empty where the schema does not tell. */
export function keysOf(schema: z.core.$ZodType, path: readonly (string | number)[] = []): string[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodNullable) {
    return keysOf(schema.def.innerType, path)
  }
  if (schema instanceof z.ZodPipe) return keysOf(schema.def.in, path)
  if (schema instanceof z.ZodUnion) return schema.def.options.flatMap((option) => keysOf(option, path))
  const [step, ...rest] = path
  if (schema instanceof z.ZodObject) {
    if (step === undefined) return Object.keys(schema.def.shape)
    const inner = schema.def.shape[String(step)]
    return inner === undefined ? [] : keysOf(inner, rest)
  }
  if (step === undefined) return []
  if (schema instanceof z.ZodArray) return keysOf(schema.def.element, rest)
  if (schema instanceof z.ZodRecord) return keysOf(schema.def.valueType, rest)
  return []
}
