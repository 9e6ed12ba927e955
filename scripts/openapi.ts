// The OpenAPI document as the server itself would answer with it, for everything that is made from it: the types of console and client, the
// client's table of operations, the Postman collection. Nothing listens and no database is asked.
import { buildApp } from '../server/src/app.ts'
import { readConfig } from '../server/src/platform/config.ts'
import { createLogger } from '../server/src/platform/log.ts'
import { makePool } from '../server/src/platform/pool.ts'

export interface Schema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly format?: string
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly default?: unknown
  readonly minimum?: number
  readonly minLength?: number
  readonly minItems?: number
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly allOf?: readonly Schema[]
}
export interface Operation {
  readonly operationId?: string
  readonly summary?: string
  readonly tags?: readonly string[]
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required?: boolean; readonly schema?: Schema }[]
  readonly requestBody?: { readonly required?: boolean; readonly content: Readonly<Record<string, { readonly schema: Schema }>> }
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, unknown>> }>>
  readonly security?: readonly Readonly<Record<string, unknown>>[]
  readonly 'x-permission'?: readonly string[]
}
export interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
}

export async function currentDocument(): Promise<Document> {
  const config = readConfig({
    DATABASE_URL: 'postgres://127.0.0.1:1/none',
    ENCRYPTION_KEY: Buffer.alloc(32).toString('base64'),
    LOG_LEVEL: 'silent',
  })
  const nothingSealed = () => Promise.reject(new Error('a document holds no secrets'))
  const pool = makePool(config.DATABASE_URL ?? '', { max: 1, name: 'document' })
  const app = buildApp({
    config,
    pool,
    system: pool,
    log: createLogger('silent'),
    secrets: { seal: nothingSealed, open: nothingSealed, derive: () => Buffer.alloc(32) },
    install: { id: '00000000-0000-7000-8000-000000000000' },
    now: () => new Date(),
  })
  const document = (await (await app.request('/api/v1/openapi.json')).json()) as Document
  await pool.end()
  return document
}

const METHODS = ['get', 'post', 'put', 'delete'] as const

/** Every operation that an API key may call, in the order of the document. */
export function keyOperations(document: Document): { path: string; method: string; operation: Operation & { operationId: string } }[] {
  return Object.entries(document.paths).flatMap(([path, operations]) =>
    METHODS.flatMap((method) => {
      const operation = operations[method]
      if (operation?.operationId === undefined || !operation.security?.some((scheme) => 'apiKey' in scheme)) return []
      return [{ path, method: method.toUpperCase(), operation: { ...operation, operationId: operation.operationId } }]
    }),
  )
}

/** A POST that changes nothing: whoever may only view may send it. */
export const isReadOnly = (method: string, operation: Operation): boolean =>
  method === 'GET' || (method === 'POST' && (operation['x-permission'] ?? []).every((permission) => permission.endsWith(':View')))
