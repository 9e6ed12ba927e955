import { testApp } from '../platform/test-app.ts'

/** An app, phone numbers that nobody has yet, and contacts made with them by its route. */
export async function contactWorld() {
  const t = await testApp()
  let n = 0
  const phone = () => `+9198765${String(10_000 + n++)}`
  return {
    t,
    phone,
    create: async (body: Record<string, unknown> = {}) => (await t.request('POST', 'Contact', { body: { phone: phone(), ...body } })).body,
  }
}
