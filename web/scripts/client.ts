// Everything in the repository that is made from the OpenAPI document. `npm run -w web client` writes it; with `--check` nothing is written
// and a stale file fails. Tests ask `staleFiles`.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import openapiTS, { astToString } from 'openapi-typescript'
import { currentDocument, type Document, isReadOnly, keyOperations } from '../../scripts/openapi.ts'
import { postmanCollection } from '../../scripts/postman.ts'

const MADE = "// Made by `npm run -w web client` from the server's OpenAPI document. Do not edit.\n"
const root = fileURLToPath(new URL('../..', import.meta.url))

/** What the client must know of an operation to call it. */
function operationsTable(document: Document): string {
  const lines = keyOperations(document).map(({ path, method, operation }) => {
    const query = (operation.parameters ?? []).filter((parameter) => parameter.in === 'query').map(({ name }) => name)
    const answers = Object.entries(operation.responses).flatMap(([status, { content }]) =>
      status.startsWith('2') ? Object.keys(content ?? {}) : [],
    )
    const told = {
      method,
      path,
      ...(query.length > 0 ? { query } : {}),
      ...(method === 'POST' && !isReadOnly(method, operation) ? { changes: true } : {}),
      ...(answers.some((type) => type !== 'application/json') ? { streams: true } : {}),
    }
    return `  ${operation.operationId}: ${JSON.stringify(told)},\n`
  })
  return `${MADE}/** Every operation an API key may call. */\nexport const OPERATIONS = {\n${lines.join('')}} as const\n`
}

/** Path below the repository → text, as the server is now. */
export async function apiFiles(): Promise<ReadonlyMap<string, string>> {
  const document = await currentDocument()
  // a field with a default may be left out of a request
  const types = MADE + astToString(await openapiTS(document as never, { defaultNonNullable: false }))
  return new Map([
    ['client/src/schema.gen.ts', types],
    ['client/src/operations.gen.ts', operationsTable(document)],
    ['docs/postman/fanfare.postman_collection.json', postmanCollection(document)],
  ])
}

/** Files below `folder` that are not what the server's document makes of them. */
export async function staleFiles(folder: string): Promise<string[]> {
  return [...(await apiFiles())]
    .filter(([file, text]) => file.startsWith(folder) && (!existsSync(root + file) || readFileSync(root + file, 'utf8') !== text))
    .map(([file]) => file)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes('--check')) {
    const stale = await staleFiles('')
    if (stale.length > 0) {
      console.error(`stale, run npm run -w web client: ${stale.join(', ')}`)
      process.exitCode = 1
    }
  } else
    for (const [file, text] of await apiFiles()) {
      mkdirSync(dirname(root + file), { recursive: true })
      writeFileSync(root + file, text)
    }
}
