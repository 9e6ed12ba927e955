import { run, sql } from '../platform/db.ts'
import { newId } from '../platform/ids.ts'
import type { TestApp } from '../platform/test-app.ts'
import { parametersOf } from '../templates/parameters.ts'
import { sealAccount } from './queries.ts'

export const TEST_APP_SECRET = '0123456789abcdef0123456789abcdef'
export const TEST_VERIFY_TOKEN = 'verify-me'

/** An account as a sync would leave it. Its ids are those of the sample webhooks. */
export async function insertAccount(t: TestApp, wabaId = '215589313241560', phoneNumberId = '441785372345678', display = '15550047120') {
  const { pool, secrets, config } = t.deps
  const ids = { accountId: newId(), numberId: newId(), templateId: newId(), plainTemplateId: newId() }
  const sealed = await sealAccount(secrets, t.workspaceId, {
    accessToken: 'token',
    appSecret: TEST_APP_SECRET,
    webhookVerifyToken: TEST_VERIFY_TOKEN,
  })
  await run(
    pool,
    sql`INSERT INTO whatsapp_account (workspace_id, id, name, waba_id, access_token_sealed, app_secret_sealed, app_secret_mark, webhook_verify_token_sealed)
        VALUES (${t.workspaceId}, ${ids.accountId}, 'Test', ${wabaId}, ${sealed.accessToken}, ${sealed.appSecret}, ${sealed.secretMark}, ${sealed.verifyToken})`,
  )
  await run(
    pool,
    sql`INSERT INTO phone_number (workspace_id, id, account_id, phone_number_id, display_phone_number, status, is_default)
        VALUES (${t.workspaceId}, ${ids.numberId}, ${ids.accountId}, ${phoneNumberId}, ${display}, 'CONNECTED', true)`,
  )
  const template = async (id: string, metaId: string, name: string, category: string, components: { type: string }[]) =>
    run(
      pool,
      sql`INSERT INTO template (workspace_id, id, account_id, meta_id, name, language, category, status, components, parameters)
          VALUES (${t.workspaceId}, ${id}, ${ids.accountId}, ${metaId}, ${name}, 'en_US', ${category}, 'APPROVED', ${JSON.stringify(components)},
                  ${JSON.stringify(parametersOf(components))})`,
    )
  await template(ids.templateId, '987650012345678', 'may_promo_v3', 'MARKETING', [
    { type: 'BODY', text: 'Hi {{1}}, see this.' } as { type: string },
    {
      type: 'BUTTONS',
      buttons: [
        { type: 'URL', text: 'Shop', url: `${config.PUBLIC_URL}/r/{{1}}` },
        { type: 'QUICK_REPLY', text: 'Yes, tell me more' },
        { type: 'QUICK_REPLY', text: 'Stop promotions' },
      ],
    } as { type: string },
  ])
  await template(ids.plainTemplateId, '987650012345680', 'hello_world', 'UTILITY', [{ type: 'BODY', text: 'Hello.' } as { type: string }])
  return ids
}
