import { createHmac, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'
import pg from 'pg'

/**
 * What taking receipts costs without anything that makes it right: HTTP, the signature, and one grouped insert for whatever came within 5 ms,
 * committed before the answers. It reads none of them. Prints its port. Argument: JSON { databaseUrl, appSecret }.
 */
const { databaseUrl, appSecret } = JSON.parse(process.argv[2] ?? '{}') as { readonly databaseUrl: string; readonly appSecret: string }
const GROUP_MS = 5
const pool = new pg.Pool({ connectionString: databaseUrl, max: 2 })
await pool.query('CREATE TABLE IF NOT EXISTS bare_inbox (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body bytea NOT NULL)')

let group: { readonly body: Buffer; readonly answer: (status: number) => void }[] = []
async function store(): Promise<void> {
  const taken = group
  group = []
  const isStored = await pool
    .query('INSERT INTO bare_inbox (body) SELECT * FROM unnest($1::bytea[])', [taken.map(({ body }) => body)])
    .then(() => true)
    .catch(() => false)
  for (const { answer } of taken) answer(isStored ? 200 : 503)
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const body = Buffer.concat(chunks)
    const given = Buffer.from(String(request.headers['x-hub-signature-256'] ?? '').slice('sha256='.length), 'hex')
    const expected = createHmac('sha256', appSecret).update(body).digest()
    const answer = (status: number) => void response.writeHead(status, { 'content-length': 0 }).end()
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return answer(401)
    group.push({ body, answer })
    if (group.length === 1) setTimeout(() => void store(), GROUP_MS)
  })
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  console.log(typeof address === 'object' ? address?.port : '')
})
