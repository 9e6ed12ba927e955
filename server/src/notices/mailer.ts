import { createTransport } from 'nodemailer'
import { type Db, many, run, sql } from '../platform/db.ts'
import type { Deps } from '../platform/http.ts'

const TRIES_MAX = 12
const AT_ONCE = 20
/** While one process talks to the mail server nobody else takes the same e-mail. */
const CLAIM_SECONDS = 300

interface Mail {
  readonly workspaceId: string
  readonly id: string
  readonly type: string
  readonly subject: string
  readonly body: string
  readonly tries: number
}

/** A header is one line, whatever a campaign is called. */
export const oneLine = (text: string): string => text.replace(/[\r\n\p{Cc}]+/gu, ' ').slice(0, 200)

/** A connection to the mail server, with every wait bounded. Close it. */
export const openTransport = (url: string) =>
  createTransport({
    url,
    connectionTimeout: 10_000,
    greetingTimeout: 10_000,
    socketTimeout: 20_000,
    disableFileAccess: true,
    disableUrlAccess: true,
  })

/** Sends what waits, if there is a mail server and somebody to write to. One that refuses is asked again, a little later each time. */
export async function sendMails(deps: Deps): Promise<number> {
  const { SMTP_URL, SMTP_FROM } = deps.config
  if (SMTP_URL === undefined) return 0
  const mails = await many<Mail>(
    deps.pool,
    sql`UPDATE notice_mail m SET tries = m.tries + 1, next_attempt_at = now() + ${CLAIM_SECONDS} * interval '1 second'
          FROM (SELECT workspace_id, id FROM notice_mail WHERE next_attempt_at <= now() ORDER BY next_attempt_at LIMIT ${AT_ONCE} FOR UPDATE SKIP LOCKED) AS due
         WHERE m.workspace_id = due.workspace_id AND m.id = due.id
        RETURNING m.workspace_id AS "workspaceId", m.id, m.type, m.subject, m.body, m.tries`,
  )
  if (mails.length === 0) return 0
  const transport = openTransport(SMTP_URL)
  let sent = 0
  try {
    for (const mail of mails) {
      const to = await recipientsOf(deps, mail.workspaceId)
      try {
        if (to.length > 0) {
          await transport.sendMail({
            from: SMTP_FROM,
            bcc: to,
            to: SMTP_FROM,
            subject: `[Fanfare] ${oneLine(mail.subject)}`,
            text: mail.body,
          })
          sent++
        }
        await forget(deps.pool, mail)
      } catch (error) {
        deps.log.warn({ type: mail.type, code: (error as { code?: string }).code }, 'a notice could not be sent yet')
        if (mail.tries >= TRIES_MAX) await forget(deps.pool, mail)
        else await later(deps.pool, mail)
      }
    }
  } finally {
    transport.close()
  }
  return sent
}

/** Who is written to about a workspace: its owners and admins, and whom the operator named for all. */
async function recipientsOf({ pool, config }: Deps, workspaceId: string): Promise<string[]> {
  const people = await many<{ email: string }>(
    pool,
    sql`SELECT u.email FROM workspace_member m JOIN identity_user u ON u.id = m.user_id
         WHERE m.workspace_id = ${workspaceId} AND m.built_in_role IN ('Owner', 'Admin')`,
  )
  return [...new Set([...config.NOTICE_EMAILS, ...people.map(({ email }) => email)].map((address) => address.toLowerCase()))]
}

const forget = (db: Db, { workspaceId, id }: Mail) =>
  run(db, sql`DELETE FROM notice_mail WHERE workspace_id = ${workspaceId} AND id = ${id}`)

const later = (db: Db, { workspaceId, id, tries }: Mail) =>
  run(
    db,
    sql`UPDATE notice_mail SET next_attempt_at = now() + ${Math.min(tries * tries, 60)} * interval '1 minute' WHERE workspace_id = ${workspaceId} AND id = ${id}`,
  )
