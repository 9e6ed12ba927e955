/** Whatever runs SQL: a pg Pool, or a client inside a transaction. */
export interface Db {
  query(config: Statement): Promise<{ rows: unknown[]; rowCount: number | null }>
  /** Only inside a transaction: see `post`. */
  readonly post?: (config: Statement) => void
}
interface Statement {
  readonly text: string
  readonly values: unknown[]
  readonly name?: string
}

/** A piece of SQL with its values. Pieces compose: a `Sql` used as a value is spliced in, everything else becomes `$n`. */
export interface Sql {
  readonly strings: readonly string[]
  readonly values: readonly unknown[]
  readonly isSql: true
}

const isSql = (value: unknown): value is Sql => typeof value === 'object' && value !== null && 'isSql' in value

/** The one way to write a query. Values never reach the text, so there is nothing to escape. */
export function sql(parts: TemplateStringsArray, ...inputs: readonly unknown[]): Sql {
  const strings = [parts[0] ?? '']
  const values: unknown[] = []
  inputs.forEach((input, i) => {
    const after = parts[i + 1] ?? ''
    if (!isSql(input)) {
      values.push(input)
      strings.push(after)
      return
    }
    strings[strings.length - 1] += input.strings[0] ?? ''
    input.values.forEach((value, j) => {
      values.push(value)
      strings.push(input.strings[j + 1] ?? '')
    })
    strings[strings.length - 1] += after
  })
  return { strings, values, isSql: true }
}

/** Nothing, for optional parts: `${name ? sql`AND name = ${name}` : empty}`. */
export const empty: Sql = { strings: [''], values: [], isSql: true }

/** Several pieces with a piece between them: `join(conditions, sql` AND `)`; nothing when there are none. */
export const join = (pieces: readonly Sql[], separator: Sql): Sql =>
  pieces.reduce((joined, piece, i) => (i === 0 ? piece : sql`${joined}${separator}${piece}`), empty)

/**
 * Text that cannot be a value (an identifier, a direction). Only for constants of our own code, never for input.
 */
export const literal = (text: string): Sql => ({ strings: [text], values: [], isSql: true })

/** The text with `$1, $2 …`, as PostgreSQL reads it. */
export const textOf = ({ strings }: Sql): string => strings.reduce((text, part, i) => `${text}$${i}${part}`)

/** `Row` is a claim the type checker cannot test: every query has a test against a real PostgreSQL. */
export async function many<Row>(db: Db, query: Sql): Promise<Row[]> {
  return (await db.query({ text: textOf(query), values: [...query.values] })).rows as Row[]
}

/** The only row; an error when there is none. */
export async function one<Row>(db: Db, query: Sql): Promise<Row> {
  const row = (await many<Row>(db, query))[0]
  if (row === undefined) throw new Error('expected a row')
  return row
}

/** The first row, or undefined. */
export async function maybeOne<Row>(db: Db, query: Sql): Promise<Row | undefined> {
  return (await many<Row>(db, query))[0]
}

/** Runs a statement; the number of rows it touched. */
export async function run(db: Db, query: Sql): Promise<number> {
  return (await db.query({ text: textOf(query), values: [...query.values] })).rowCount ?? 0
}

/**
 * Runs a statement whose answer nobody reads: it leaves together with whatever is asked next, the commit at the latest, and the transaction
 * fails with it. Saves a round trip, which costs more than most statements do.
 */
export async function post(tx: Db, query: Sql): Promise<void> {
  const statement = { text: textOf(query), values: [...query.values] }
  if (tx.post === undefined) await tx.query(statement)
  else tx.post(statement)
}

/** As `post`, prepared once per connection. */
export async function postPrepared(tx: Db, query: Sql): Promise<void> {
  const statement = namedStatement(query)
  if (tx.post === undefined) await tx.query(statement)
  else tx.post(statement)
}

/** Names of prepared statements by their text. */
const names = new Map<string, string>()

/**
 * As `many`, parsed and planned once per connection: for the few large statements that run many times a second, whose text is always the
 * same and whose plan does not depend on its values.
 */
export async function prepared<Row>(db: Db, query: Sql): Promise<Row[]> {
  return (await db.query(namedStatement(query))).rows as Row[]
}

function namedStatement(query: Sql): Statement {
  const text = textOf(query)
  let name = names.get(text)
  if (name === undefined) {
    name = `s${names.size}`
    names.set(text, name)
  }
  return { name, text, values: [...query.values] }
}

/** A text as LIKE takes it literally: `%` and `_` are no wildcards. */
export const likeText = (text: string): string => text.replace(/[\\%_]/g, (character) => `\\${character}`)
