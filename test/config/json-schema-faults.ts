/** The keywords of JSON Schema 2020-12 that say something about a value, as far as `configJsonSchema` uses them. */
type Schema = Readonly<Record<string, unknown>>

const ANNOTATIONS = ['$schema', 'title', 'description']

/** Where `value` breaks `schema`. Throws on a keyword it does not know, so that none is passed over. */
export function schemaFaults(schema: Schema, value: unknown, path = '$'): string[] {
  const faults: string[] = []
  const check = (fine: boolean, keyword: string) => {
    if (!fine) faults.push(`${path}: ${keyword}`)
  }
  for (const [keyword, rule] of Object.entries(schema)) {
    if (ANNOTATIONS.includes(keyword)) continue
    switch (keyword) {
      case 'type':
        check(typeMatches(String(rule), value), `type ${String(rule)}`)
        break
      case 'const':
        check(value === rule, `const ${String(rule)}`)
        break
      case 'enum':
        check((rule as unknown[]).includes(value), 'enum')
        break
      case 'pattern':
        check(
          typeof value !== 'string' || new RegExp(String(rule), 'u').test(value),
          `pattern ${String(rule)}`,
        )
        break
      case 'minLength':
        check(typeof value !== 'string' || value.length >= Number(rule), keyword)
        break
      case 'maxLength':
        check(typeof value !== 'string' || value.length <= Number(rule), keyword)
        break
      case 'minimum':
        check(typeof value !== 'number' || value >= Number(rule), keyword)
        break
      case 'maximum':
        check(typeof value !== 'number' || value <= Number(rule), keyword)
        break
      case 'minItems':
        check(!Array.isArray(value) || value.length >= Number(rule), keyword)
        break
      case 'maxItems':
        check(!Array.isArray(value) || value.length <= Number(rule), keyword)
        break
      case 'items':
        if (Array.isArray(value)) {
          value.forEach((item, index) => {
            faults.push(...schemaFaults(rule as Schema, item, `${path}[${index}]`))
          })
        }
        break
      case 'anyOf':
        check(
          (rule as Schema[]).some((branch) => schemaFaults(branch, value, path).length === 0),
          keyword,
        )
        break
      case 'required':
        for (const key of rule as string[])
          check(!isMapping(value) || Object.hasOwn(value, key), `required ${key}`)
        break
      case 'propertyNames':
        for (const key of isMapping(value) ? Object.keys(value) : []) {
          faults.push(...schemaFaults(rule as Schema, key, `${path}.${key}`))
        }
        break
      case 'properties':
      case 'additionalProperties':
        break
      default:
        throw new Error(`keyword ${keyword} is not known to this check`)
    }
  }
  if (isMapping(value)) {
    const { properties = {}, additionalProperties = true } = schema as {
      properties?: Schema
      additionalProperties?: unknown
    }
    for (const [key, inner] of Object.entries(value)) {
      const own = Object.hasOwn(properties, key) ? properties[key] : additionalProperties
      if (own === false) faults.push(`${path}.${key}: not a known key`)
      else if (own !== true) faults.push(...schemaFaults(own as Schema, inner, `${path}.${key}`))
    }
  }
  return faults
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function typeMatches(type: string, value: unknown): boolean {
  if (type === 'object') return isMapping(value)
  if (type === 'array') return Array.isArray(value)
  if (type === 'integer') return Number.isInteger(value)
  if (type === 'null') return value === null
  return typeof value === type
}
