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

/** 8 × 8 pixels, one colour. */
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEklEQVR4nGNkaPjPgA0wYRUdtBIAvGIBj9q4S6UAAAAASUVORK5CYII=',
  'base64',
)

test('header media: a file is uploaded and shown, a document keeps its name, a link takes their place', async ({
  console,
  page,
  world,
}) => {
  const headerOf = async (id: string) =>
    (await world.api.call<{ headerMedia: Record<string, string> | null }>('GET', `/WhatsappCampaign/${id}`)).headerMedia
  const make = async (template: string, variables: Record<string, string>) =>
    (
      await world.api.call<{ id: string }>('POST', '/WhatsappCampaign', {
        name: `With ${template}`,
        templateId: await templateId(world.api, template),
        contactFilter: { everyone: true },
        variables,
      })
    ).id
  const sale = await make('sale_banner', { 'body.1': '20%', 'body.2': 'friend' })
  await console.open(`/campaigns/${sale}/edit`)
  const phone = page.getByRole('region', { name: 'Preview', exact: true })
  await page.locator('input[type=file]').setInputFiles({ name: 'sale.png', mimeType: 'image/png', buffer: PNG })
  await expect(phone.getByRole('img', { name: 'sale.png' })).toBeVisible()
  await expect(page.getByRole('status').getByText('sale.png')).toBeVisible()
  await expect.poll(async () => Object.keys((await headerOf(sale)) ?? {})).toEqual(['mediaId'])
  await console.inEveryLook('editor-media')
  await page.getByLabel('Image in the header', { exact: true }).last().fill('https://media.example.com/summer.jpg')
  await expect(phone).toContainText('summer.jpg')
  await expect.poll(() => headerOf(sale)).toEqual({ link: 'https://media.example.com/summer.jpg' })

  const invoice = await make('invoice', { 'body.1': 'May' })
  await console.open(`/campaigns/${invoice}/edit`)
  await page
    .locator('input[type=file]')
    .setInputFiles({ name: 'invoice-118.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.4') })
  await expect(page.getByLabel('Name of the file')).toHaveValue('invoice-118.pdf')
  await expect(phone).toContainText('invoice-118.pdf')
  await expect.poll(async () => (await headerOf(invoice))?.fileName).toBe('invoice-118.pdf')
  await console.expectAccessible()
})
