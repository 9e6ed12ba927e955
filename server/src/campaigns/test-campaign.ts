import { insertAccount } from '../accounts/test-account.ts'
import { run, sql } from '../platform/db.ts'
import type { TestApp } from '../platform/test-app.ts'

export interface TestWorld {
  readonly accountId: string
  readonly numberId: string
  /** Approved, a body with {{1}}, a tracked link, a quick reply and a stop button. */
  readonly templateId: string
  /** Approved, no parameters. */
  readonly plainTemplateId: string
}

/** An account with a number and two templates, written straight into the database: nothing calls Meta. */
export const testWorld = (t: TestApp): Promise<TestWorld> => insertAccount(t)

/** Adds contacts in one statement; phones count up from `from`. */
export async function addContacts(
  t: TestApp,
  count: number,
  options: { readonly from?: number; readonly tag?: string } = {},
): Promise<void> {
  await run(
    t.deps.pool,
    sql`INSERT INTO contact (workspace_id, id, phone_e164, send_key, key_hash, first_name, country, tags, marketing_opt_in)
        SELECT ${t.workspaceId}, gen_random_uuid(), '+91' || n, '91' || n, decode(md5(n::text), 'hex'), 'Person ' || n, 'IN', ${options.tag ? [options.tag] : []}, true
          FROM generate_series(${9_700_000_000 + (options.from ?? 0)}::bigint, ${9_700_000_000 + (options.from ?? 0) + count - 1}::bigint) AS n`,
  )
}

/** A Running campaign to everybody with this tag (or all), frozen. */
export async function frozenCampaign(
  t: TestApp,
  world: TestWorld,
  options: { readonly tag?: string; readonly plain?: boolean; readonly topicId?: string } = {},
): Promise<string> {
  const { freezeCampaign } = await import('./freeze.ts')
  const made = await t.request('POST', 'WhatsappCampaign', {
    body: {
      name: 'Test',
      templateId: options.plain ? world.plainTemplateId : world.templateId,
      contactFilter: options.tag ? { tags: [options.tag] } : { everyone: true },
      ...(options.topicId === undefined ? {} : { topicId: options.topicId }),
      ...(options.plain ? {} : { variables: { 'body.1': '{{ contact.firstName }}', 'button.0': 'https://example.com/x' } }),
    },
  })
  const started = await t.request('POST', `WhatsappCampaign/${made.body.id}/quick-run`)
  if (started.status !== 202) throw new Error(JSON.stringify(started.body))
  await freezeCampaign(t.deps, t.workspaceId, made.body.id)
  return made.body.id
}
