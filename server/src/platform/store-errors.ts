/**
 * Errors that mean "the database is away", not "the query is wrong": connection classes, shutdown, no resources (disk full, too many
 * connections), input/output errors, read-only. https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const AWAY = /^(08...|57P0[1-5]|53...|58...|25006)$/
const AWAY_SYSTEM = new Set(['ECONNREFUSED', 'ECONNRESET', 'ENOENT', 'ENOTFOUND', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'EAI_AGAIN'])

export function isStoreAway(error: unknown): boolean {
  const { code, message } = (error ?? {}) as { code?: string; message?: string }
  if (code !== undefined && (AWAY.test(code) || AWAY_SYSTEM.has(code))) return true
  return /timeout exceeded when trying to connect|Connection terminated|Client has encountered a connection error|not queryable|Cannot use a pool after calling end/i.test(
    message ?? '',
  )
}

/** Errors of values that no check of ours caught but PostgreSQL refused: the caller's input, never our fault (api.md: never 500 for input). */
export function isBadValue(error: unknown): boolean {
  const code = (error as { code?: string } | undefined)?.code
  return code !== undefined && /^22...$/.test(code)
}
