import { withCurrentMedia } from '../accounts/media.ts'
import { isKeptOutSql } from '../contacts/eligibility.ts'
import { keyHash, parsePhone, phoneKey } from '../contacts/identity.ts'
import { wakeWorkers } from '../dispatch/wake.ts'
import { audit } from '../platform/audit.ts'
import { many, maybeOne, one, run, sql } from '../platform/db.ts'
import { type Deps, invalidInput, type Principal } from '../platform/http.ts'
import { newId } from '../platform/ids.ts'
import { Problem } from '../platform/problem.ts'
import { inTransaction } from '../platform/transaction.ts'
import { checkLaunch, launchOf } from './launch.ts'
import { fieldsForTest } from './preview.ts'
import { campaignById } from './queries.ts'

export interface TestResult {
  readonly phone: string
  readonly status: string
  readonly wamid: string | null
  readonly errorCode: number | null
  readonly errorTitle: string | null
}

const WAIT_MS = 20_000
const LOOK_EVERY_MS = 100

/**
 * Sends the message to a few people before everybody gets it: by the number's own driver, outside all campaign counters. Waits up to 20 s
 * and answers Pending or Unknown for what is still open. Who opted out or is suppressed is Skipped. Somebody who is no contact sees what another
 * contact would.
 */
export async function testSend(deps: Deps, principal: Principal, campaignId: string, phones: readonly string[]): Promise<TestResult[]> {
  const { pool, secrets } = deps
  const { workspaceId } = principal
  const campaign = await campaignById(pool, workspaceId, campaignId)
  if (campaign === undefined) throw new Problem('not-found', 'There is no such campaign.')
  const { default_country } = await one<{ default_country: string | null }>(
    pool,
    sql`SELECT default_country FROM workspace WHERE id = ${workspaceId}`,
  )
  const parsed = phones.map((phone) => parsePhone(phone, default_country))
  const wrong = parsed.flatMap((phone, i) =>
    phone === undefined ? [{ pointer: `/phones/${i}`, detail: 'This is not a valid phone number.' }] : [],
  )
  if (wrong.length > 0) throw invalidInput(wrong)
  const launch = await checkLaunch(deps, pool, workspaceId, {
    ...launchOf(campaign),
    contactFilter: { everyone: true },
    ...(await withCurrentMedia(pool, workspaceId, campaign.number_id ?? campaign.sender_id, {
      variables: campaign.variables,
      headerMedia: campaign.header_media,
    })),
  })
  const ids = new Map<string, string>()
  const skipped = new Map<string, TestResult>()
  await inTransaction(pool, async (tx) => {
    for (const phone of parsed) {
      if (phone === undefined || ids.has(phone.e164)) continue
      const skip = (title: string) =>
        skipped.set(phone.e164, { phone: phone.e164, status: 'Skipped', wamid: null, errorCode: null, errorTitle: title })
      const key = phoneKey(phone.e164)
      const hash = keyHash(secrets, workspaceId, key)
      const out = await maybeOne(
        tx,
        sql`SELECT 1 WHERE ${isKeptOutSql(workspaceId, sql`${key}::text`, sql`${hash}::bytea`, sql`${campaign.topic_id}::uuid`)}`,
      )
      if (out !== undefined) {
        skip('This person opted out or is suppressed.')
        continue
      }
      const { fields, version } = await fieldsForTest(tx, launch, workspaceId, phone.e164)
      const hooks = { quickReplyPayload: (button: number) => `test.${button}`, linkToken: () => 'test' }
      const rendered = launch.message.render(fields, hooks, version)
      if (!rendered.ok) {
        skip(`${rendered.reason === 'too_long' ? 'The text is too long' : 'A variable has no value'}: ${rendered.key}`)
        continue
      }
      const id = newId()
      ids.set(phone.e164, id)
      await run(
        tx,
        sql`INSERT INTO test_send (workspace_id, id, campaign_id, number_id, phone_e164, send_key, key_hash, request)
            VALUES (${workspaceId}, ${id}, ${campaignId}, ${launch.numberId}, ${phone.e164}, ${key}, ${hash}, ${JSON.stringify(rendered.template)})`,
      )
    }
    await audit(tx, principal, {
      action: 'campaign.testSend',
      objectType: 'WhatsappCampaign',
      objectId: campaignId,
      detail: { people: ids.size },
    })
    await wakeWorkers(tx)
  })
  const results = await settled(deps, workspaceId, [...ids.values()])
  return [...new Set(parsed.flatMap((phone) => phone?.e164 ?? []))].map((phone) => skipped.get(phone) ?? results.get(phone) ?? open(phone))
}

const open = (phone: string): TestResult => ({ phone, status: 'Pending', wamid: null, errorCode: null, errorTitle: null })

async function settled(deps: Deps, workspaceId: string, ids: readonly string[]): Promise<Map<string, TestResult>> {
  const deadline = performance.now() + WAIT_MS
  for (;;) {
    const rows = await many<{ phone: string; state: string; wamid: string | null; error_code: number | null; error_title: string | null }>(
      deps.pool,
      sql`SELECT phone_e164 AS phone, state, wamid, error_code, error_title FROM test_send WHERE workspace_id = ${workspaceId} AND id = ANY(${ids}::uuid[])`,
    )
    if (rows.every(({ state }) => state !== 'Pending' && state !== 'Sending') || performance.now() > deadline)
      return new Map(
        rows.map((row) => [
          row.phone,
          {
            phone: row.phone,
            status: row.state === 'Sending' ? 'Pending' : row.state,
            wamid: row.wamid,
            errorCode: row.error_code,
            errorTitle: row.error_title,
          },
        ]),
      )
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
  }
}
