import { testApp } from '../platform/test-app.ts'
import { addContacts, testWorld } from './test-campaign.ts'

/** Thirty contacts with the tag `Base`, and campaigns to them of a template without parameters. */
export async function plainCampaigns() {
  const t = await testApp()
  const world = await testWorld(t)
  await addContacts(t, 30, { tag: 'Base' })
  const plain = (more: Record<string, unknown> = {}) => ({
    name: 'Plain',
    templateId: world.plainTemplateId,
    contactFilter: { tags: ['Base'] },
    ...more,
  })
  return {
    t,
    world,
    /** The body that makes one. */
    plain,
    create: async (more: Record<string, unknown> = {}) => (await t.request('POST', 'WhatsappCampaign', { body: plain(more) })).body,
    tomorrow: () => new Date(Date.now() + 86_400_000).toISOString(),
  }
}
