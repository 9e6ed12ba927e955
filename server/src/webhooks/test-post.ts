import { createHmac } from 'node:crypto'
import { TEST_APP_SECRET } from '../accounts/test-account.ts'
import type { TestApp } from '../platform/test-app.ts'

/** The header with which Meta signs these bytes for the account of `insertAccount`. */
export const signed = (body: string | Buffer): Record<string, string> => ({
  'x-hub-signature-256': `sha256=${createHmac('sha256', TEST_APP_SECRET).update(body).digest('hex')}`,
})

/** Posts a body as Meta does, signed: one change of field `messages` for each value. */
export async function postMessages(
  t: Pick<TestApp, 'app'>,
  accountId: string,
  values: readonly Record<string, unknown>[],
  { wabaId = '215589313241560', phoneNumberId = '441785372345678' } = {},
): Promise<Response> {
  const metadata = { display_phone_number: '1', phone_number_id: phoneNumberId }
  const changes = values.map((value) => ({ field: 'messages', value: { messaging_product: 'whatsapp', metadata, ...value } }))
  const body = JSON.stringify({ object: 'whatsapp_business_account', entry: [{ id: wabaId, changes }] })
  return t.app.request(`/webhooks/meta/${accountId}`, { method: 'POST', headers: signed(body), body })
}
