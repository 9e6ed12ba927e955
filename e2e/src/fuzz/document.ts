/** The parts of JSON Schema that our own OpenAPI document uses. */
export interface Schema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | Schema
  readonly items?: Schema
  readonly prefixItems?: readonly Schema[]
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly allOf?: readonly Schema[]
  readonly minLength?: number
  readonly maxLength?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly format?: string
  readonly example?: unknown
  readonly default?: unknown
}
interface Content {
  readonly content?: Readonly<Record<string, { readonly schema?: Schema }>>
}
export interface Operation {
  readonly operationId?: string
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema?: Schema }[]
  readonly requestBody?: Content
  readonly responses: Readonly<Record<string, Content>>
}
export interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components?: { readonly schemas?: Readonly<Record<string, Schema>> }
}
export interface Route {
  readonly method: string
  readonly path: string
  readonly operation: Operation
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete']
export const routesOf = (document: Document): Route[] =>
  Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations)
      .filter(([method]) => METHODS.includes(method))
      .map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  )

/** Follows references. */
export function resolved(document: Document, schema: Schema): Schema {
  if (schema.$ref === undefined) return schema
  const target = document.components?.schemas?.[schema.$ref.split('/').at(-1) ?? '']
  if (target === undefined) throw new Error(`the document names ${schema.$ref} and does not have it`)
  return resolved(document, target)
}

const typeOf = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'array' : Number.isInteger(value) ? 'integer' : typeof value

/** What of a value does not fit its schema, by pointer; empty: it fits. Formats and limits of answers are not our concern here. */
export function misfits(document: Document, schema: Schema, value: unknown, at = ''): string[] {
  const own = resolved(document, schema)
  const nested = (part: Schema) => misfits(document, part, value, at)
  const union = own.anyOf ?? own.oneOf
  if (union !== undefined && !union.some((part) => nested(part).length === 0)) return [`${at || '/'}: fits none of ${union.length} shapes`]
  const problems = (own.allOf ?? []).flatMap(nested)
  if (own.const !== undefined && own.const !== value) problems.push(`${at || '/'}: is not ${JSON.stringify(own.const)}`)
  if (own.enum !== undefined && !own.enum.includes(value))
    problems.push(`${at || '/'}: ${JSON.stringify(value)} is none of the named values`)
  const types = own.type === undefined ? [] : [own.type].flat()
  const type = typeOf(value)
  if (types.length > 0 && !types.includes(type) && !(type === 'integer' && types.includes('number')))
    return [...problems, `${at || '/'}: is ${type}, not ${types.join(' or ')}`]
  if (type === 'array' && own.items !== undefined)
    for (const [i, item] of (value as unknown[]).entries()) problems.push(...misfits(document, own.items, item, `${at}/${i}`))
  if (type === 'object') {
    const object = value as Record<string, unknown>
    for (const name of own.required ?? []) if (!(name in object)) problems.push(`${at}/${name}: is missing`)
    for (const [name, item] of Object.entries(object)) {
      const part = own.properties?.[name]
      if (part !== undefined) problems.push(...misfits(document, part, item, `${at}/${name}`))
      else if (typeof own.additionalProperties === 'object')
        problems.push(...misfits(document, own.additionalProperties, item, `${at}/${name}`))
    }
  }
  return problems
}
