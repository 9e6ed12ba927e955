import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { type Db, many, maybeOne, run, sql } from './db.ts'

/** Encrypts what must come back in plain, and derives keys for what must only be recognised. */
export interface Secrets {
  /** AES-256-GCM with the workspace's own key, bound to workspace and field: a value moved to another row's place does not open. */
  seal(workspaceId: string, field: string, plaintext: string): Promise<Buffer>
  /** @throws when the value was made for another workspace or field, or with another key */
  open(workspaceId: string, field: string, sealed: Buffer): Promise<string>
  /** A 32-byte key of its own for one purpose: `address`, `link`, `suppression`. It outlives a change of ENCRYPTION_KEY. */
  derive(purpose: string): Buffer
}

/** Keys that wrap data keys: base64 of 32 bytes. The first wraps; the others still open while a change is under way. */
export type EncryptionKeys = readonly [current: string, ...former: string[]]

const VERSION = 2
const NIL = '00000000-0000-0000-0000-000000000000'

interface WrappingKey {
  readonly mark: Buffer
  readonly key: Buffer
}
const hkdf = (key: Buffer, purpose: string, bytes = 32) => Buffer.from(hkdfSync('sha256', key, 'fanfare', purpose, bytes))
const wrappingKey = (base64: string): WrappingKey => {
  const root = Buffer.from(base64, 'base64')
  return { mark: hkdf(root, 'mark', 8), key: hkdf(root, 'wrap') }
}

/** version, nonce, tag, body. */
function encrypt(key: Buffer, context: string, plain: Buffer): Buffer {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context))
  const body = Buffer.concat([cipher.update(plain), cipher.final()])
  return Buffer.concat([Buffer.from([VERSION]), nonce, cipher.getAuthTag(), body])
}

function decrypt(key: Buffer, context: string, sealed: Buffer): Buffer {
  if (sealed[0] !== VERSION) throw new Error('sealed value of unknown version')
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(1, 13)).setAAD(Buffer.from(context))
  decipher.setAuthTag(sealed.subarray(13, 29))
  return Buffer.concat([decipher.update(sealed.subarray(29)), decipher.final()])
}

interface KeyRow {
  readonly workspace_id: string
  readonly wrapped: Buffer
  readonly wrapped_by: Buffer
}
const wrapContext = (workspaceId: string) => `data_key\n${workspaceId}`

function unwrap(row: KeyRow, keys: readonly WrappingKey[]): Buffer {
  const by = keys.find(({ mark }) => mark.equals(row.wrapped_by))
  if (by === undefined)
    throw new Error('ENCRYPTION_KEY: this database was encrypted with another key. Set that one, or name it in FORMER_ENCRYPTION_KEYS.')
  return decrypt(by.key, wrapContext(row.workspace_id), row.wrapped)
}

const findKey = (db: Db, workspaceId: string) =>
  maybeOne<KeyRow>(db, sql`SELECT workspace_id, wrapped, wrapped_by FROM data_key WHERE workspace_id = ${workspaceId}`)

/** The key of a workspace, made by whoever needs it first. */
async function dataKey(db: Db, keys: readonly WrappingKey[], workspaceId: string): Promise<Buffer> {
  const known = await findKey(db, workspaceId)
  if (known !== undefined) return unwrap(known, keys)
  const [current] = keys
  if (current === undefined) throw new Error('no encryption key')
  const wrapped = encrypt(current.key, wrapContext(workspaceId), randomBytes(32))
  await run(
    db,
    sql`INSERT INTO data_key (workspace_id, wrapped, wrapped_by) VALUES (${workspaceId}, ${wrapped}, ${current.mark}) ON CONFLICT DO NOTHING`,
  )
  const stored = await findKey(db, workspaceId)
  if (stored === undefined) throw new Error('a data key could not be stored')
  return unwrap(stored, keys)
}

/**
 * Opens the installation's key; those of workspaces follow when they are needed and stay in memory.
 * @throws when none of the keys is the one this database was encrypted with
 */
export async function openSecrets(db: Db, keys: EncryptionKeys): Promise<Secrets> {
  const wrapping = keys.map(wrappingKey)
  const root = await dataKey(db, wrapping, NIL)
  const derived = new Map<string, Buffer>()
  const opened = new Map<string, Promise<Buffer>>()

  function keyOf(workspaceId: string): Promise<Buffer> {
    const known = opened.get(workspaceId)
    if (known !== undefined) return known
    const opening = dataKey(db, wrapping, workspaceId)
    opened.set(workspaceId, opening)
    opening.catch(() => opened.delete(workspaceId)) // the store was away: ask again
    return opening
  }

  return {
    derive(purpose) {
      const known = derived.get(purpose) ?? hkdf(root, purpose)
      derived.set(purpose, known)
      return known
    },
    async seal(workspaceId, field, plaintext) {
      return encrypt(await keyOf(workspaceId), `${workspaceId}\n${field}`, Buffer.from(plaintext))
    },
    async open(workspaceId, field, sealed) {
      return decrypt(await keyOf(workspaceId), `${workspaceId}\n${field}`, sealed).toString('utf8')
    },
  }
}

/**
 * Wraps every data key with the current ENCRYPTION_KEY. Running processes hold their data keys open and notice nothing; safe to repeat.
 * @returns how many were wrapped by a former key
 */
export async function rewrapKeys(db: Db, keys: EncryptionKeys): Promise<number> {
  const wrapping = keys.map(wrappingKey)
  const [current] = wrapping
  if (current === undefined) return 0
  const rows = await many<KeyRow>(db, sql`SELECT workspace_id, wrapped, wrapped_by FROM data_key WHERE wrapped_by <> ${current.mark}`)
  for (const row of rows) {
    const wrapped = encrypt(current.key, wrapContext(row.workspace_id), unwrap(row, wrapping))
    await run(
      db,
      sql`UPDATE data_key SET wrapped = ${wrapped}, wrapped_by = ${current.mark}, rewrapped_at = now()
           WHERE workspace_id = ${row.workspace_id} AND wrapped_by = ${row.wrapped_by}`,
    )
  }
  return rows.length
}

/** How many data keys the current ENCRYPTION_KEY opens, how many only a former one, and how many none. Writes nothing. */
export async function countOpened(db: Db, keys: EncryptionKeys): Promise<{ current: number; former: number; none: number }> {
  const wrapping = keys.map(wrappingKey)
  const counts = { current: 0, former: 0, none: 0 }
  for (const row of await many<KeyRow>(db, sql`SELECT workspace_id, wrapped, wrapped_by FROM data_key`)) {
    try {
      unwrap(row, wrapping)
      counts[wrapping[0]?.mark.equals(row.wrapped_by) ? 'current' : 'former']++
    } catch {
      counts.none++
    }
  }
  return counts
}
