// Previews a campaign, creates and runs it, follows it until everybody is dispatched, and says who could not be reached and why.
// Usage: FANFARE_URL=… FANFARE_API_KEY=… node run-campaign.ts spring_collection Imported
import { everyItem, FanfareError, fanfare } from '@fanfare/client'

const api = fanfare({ baseUrl: process.env.FANFARE_URL ?? '', apiKey: process.env.FANFARE_API_KEY ?? '' })
const [templateName = 'spring_collection', tag = 'Imported'] = process.argv.slice(2)

const { items: templates } = await api.listTemplates({ body: { pageSize: 200 } })
const template = templates.find(({ name, status }) => name === templateName && status === 'APPROVED')
if (template === undefined) throw new Error(`There is no approved template ${templateName}.`)

const plan = {
  templateId: template.id,
  contactFilter: { tags: [tag] },
  variables: {
    'body.1': "{{ contact.firstName | default: 'there' }}",
    'body.2': "{{ contact.attributes.City | default: 'your city' }}",
    'button.0': 'https://example.com/spring',
  },
}
const preview = await api.previewCampaign({ body: plan })
console.log(`${preview.eligible} of ${preview.matched} would get it`)
for (const { reason, count } of preview.excluded) console.log(`  ${count} left out: ${reason}`)

try {
  const { id } = await api.createCampaign({ body: { ...plan, name: `${templateName} to ${tag}` } })
  await api.runCampaign({ id })
  for await (const { status, hold, counts } of api.watchCampaign({ id })) {
    console.log(`${status}${hold ? `, waiting: ${hold.detail}` : ''}: ${counts.pending} of ${counts.audience} to go`)
    if (status !== 'Running') break
  }
  const { failures } = await api.getFailures({ id })
  for (const { title, count, advice } of failures) console.log(`${count} × ${title}. ${advice ?? ''}`)
  for await (const person of everyItem((page) => api.listRecipients({ id, page, pageSize: 200, statusFilter: 'Failed' })))
    console.log(`not reached: ${person.phone} (${person.errorTitle})`)
} catch (error) {
  if (!(error instanceof FanfareError)) throw error
  console.error(`${error.code}: ${error.message} (request ${error.requestId})`)
  for (const { pointer, detail } of error.errors) console.error(`  ${pointer} ${detail}`)
  process.exitCode = 1
}
