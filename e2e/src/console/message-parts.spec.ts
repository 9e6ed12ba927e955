import { completed, templateId } from '../world.ts'
import { expect, test } from './console.ts'

test('a campaign in two languages: the switch, who gets which, and what one person got', async ({ console, page, world }) => {
  for (const [phone, firstName, language] of [
    ['+919876500031', 'Asha', 'en'],
    ['+919876500032', 'Lucía', 'pt-BR'],
    ['+5511987654399', 'João', null],
  ])
    await world.api.call('POST', '/Contact', { phone, firstName, ...(language === null ? {} : { language }), tags: ['Bilingual'] })
  const { id } = await world.api.call<{ id: string }>('POST', '/WhatsappCampaign', {
    name: 'In two languages',
    templateId: await templateId(world.api, 'order_followup'),
    contactFilter: { tags: ['Bilingual'] },
    variables: { 'body.order_id': '118' },
  })
  await console.open(`/campaigns/${id}/edit`)
  const languages = page.getByRole('region', { name: 'Languages' })
  await expect(languages.getByRole('listitem')).toHaveCount(2)
  await languages.getByRole('switch', { name: 'Write to everybody in their language' }).check({ force: true })
  await expect(page.getByText(/^Stored/).first()).toBeVisible()
  await expect.poll(async () => (await world.api.call<{ languages: string }>('GET', `/WhatsappCampaign/${id}`)).languages).toBe('family')
  await console.inEveryLook('editor-languages')
  await page.goto(`${console.url}/campaigns/${id}/edit?step=review`)
  const count = page.getByRole('region', { name: 'Who gets it' })
  await expect(count).toContainText('English (United States)1')
  await expect(count).toContainText('Portuguese (Brazil)2')
  await console.expectAccessible()
  await page.getByRole('button', { name: 'Send now' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Send now' }).click()
  await completed(world.api, id)
  await page
    .getByRole('link', { name: 'João' })
    .or(page.getByRole('button', { name: /João/ }))
    .first()
    .click()
  const panel = page.getByRole('dialog')
  await expect(panel).toContainText('+5511987654399 · Portuguese (Brazil)')
  await expect(panel).toContainText('Olá João, como foi seu pedido 118?')
})
