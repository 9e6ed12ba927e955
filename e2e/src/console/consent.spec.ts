import { readFile } from 'node:fs/promises'
import type { Api } from '../api.ts'
import { importPeople, templateId, type World } from '../world.ts'
import { expect, test } from './console.ts'

test.use({ worldOf: 'consent' }) // it stands on the words and the history of a workspace of its own

let asha: string
test.beforeAll(async ({ world: { api } }: { world: World }) => {
  await importPeople(api, 40)
  const { id } = await api.call<{ id: string }>('POST', '/Contact', {
    phone: '+919876500001',
    firstName: 'Asha',
    lastName: 'Rao',
    tags: ['Friends'],
  })
  asha = id
})

/** The topic of the first test, made where that did not run. */
async function offers(api: Api): Promise<string> {
  const { items } = await api.call<{ items: { id: string; name: string }[] }>('POST', '/Topic/getall', { nameFilter: 'Offers' })
  return items[0]?.id ?? (await api.call<{ id: string }>('POST', '/Topic', { name: 'Offers', description: 'Prices and sales' })).id
}
const outOf = async (api: Api) => api.call('POST', `/Contact/${asha}/opt-out`, { source: 'Phone call', topicId: await offers(api) })

test('topics are made, changed and deleted after asking; a name that stands is told beside its field', async ({ console, page, world }) => {
  test.slow()
  await console.open('/consent?tab=topics')
  await expect(page.getByText('No topics yet')).toBeVisible()
  await page.getByRole('button', { name: 'New topic' }).first().click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Name').fill('Offers')
  await dialog.getByLabel('What belongs to it').fill('Prices and sales')
  await console.expectAccessible()
  await dialog.getByRole('button', { name: 'New topic' }).click()
  await expect(page.getByText('Prices and sales')).toBeVisible()
  await expect(dialog).toBeHidden()
  await page.getByRole('button', { name: 'New topic' }).first().click()
  await dialog.getByLabel('Name').fill('offers')
  console.expectMessage(/status of 409/)
  await dialog.getByRole('button', { name: 'New topic' }).click()
  await expect(dialog.getByText('There is a topic of this name.')).toBeVisible()
  await dialog.getByLabel('Name').fill('News')
  await dialog.getByRole('button', { name: 'New topic' }).click()
  await expect(dialog).toBeHidden()
  await console.inEveryLook('consent-topics')
  await page.getByRole('button', { name: 'Change News' }).click()
  await dialog.getByLabel('Name').fill('Newsletter')
  await dialog.getByRole('button', { name: 'Save the topic' }).click()
  await expect(page.getByText('Newsletter', { exact: true })).toBeVisible()
  await page.getByRole('button', { name: 'Delete Newsletter' }).click()
  await expect(dialog).toContainText('Whoever is out of it stays out')
  await console.expectAccessible()
  await dialog.getByRole('button', { name: 'Delete the topic' }).click()
  await expect(page.getByRole('button', { name: 'Delete Newsletter' })).toHaveCount(0)
  const { items } = await world.api.call<{ items: { name: string }[] }>('POST', '/Topic/getall', {})
  expect(items.map(({ name }) => name)).toEqual(['Offers'])
})

test('a contact goes out of a topic on its own page; the history shows it, narrows, and leaves as a file', async ({
  console,
  page,
  world,
}) => {
  test.slow()
  const { api } = world
  await offers(api)
  await console.open(`/contacts/${asha}`)
  await page.getByRole('button', { name: 'Opt out of Offers' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Where they said so').fill('Phone call')
  await console.expectAccessible()
  await dialog.getByRole('button', { name: 'Opt out' }).click()
  const card = page.getByRole('region', { name: 'Consent' })
  await expect(card.getByRole('button', { name: 'Opt in to Offers again' })).toBeVisible()
  await expect(card.getByText('By hand · Phone call', { exact: false })).toBeVisible()
  expect((await api.call<{ optedOutAt: string | null }>('GET', `/Contact/${asha}`)).optedOutAt).toBe(null)
  await console.inEveryLook('contact-consent')
  const { items } = await api.call<{ items: { id: string }[] }>('POST', '/Contact/getall', {
    contactFilter: { tags: ['VIP'] },
    pageSize: 3,
  })
  for (const { id } of items) await api.call('POST', `/Contact/${id}/opt-out`, { source: 'shop', note: 'asked at the till' })

  await page.goto(`${console.url}/consent`)
  await expect(page.getByText('asked at the till', { exact: false }).first()).toBeVisible()
  await console.inEveryLook('consent-history')
  await page.getByRole('combobox', { name: 'Topic' }).click()
  await page.getByRole('option', { name: 'Offers' }).click()
  await expect(page).toHaveURL(/topic=/)
  await expect(page.getByText('1–1 of 1')).toBeVisible()
  const download = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Export' }).click()
  const csv = await readFile(await (await download).path(), 'utf8')
  expect(csv.trimEnd().split('\r\n').length).toBe(2)
  expect(csv).toContain('Phone call')
  await page.getByRole('link', { name: 'Asha Rao' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Asha Rao' })).toBeVisible()
  await page.goto(`${console.url}/consent?phone=%2B91+98765-00001&action=opted_in`)
  await expect(page.getByText('No entry matches')).toBeVisible()
  await page.getByRole('button', { name: 'Clear the filters' }).click()
  await expect(page.getByText('Asha Rao').first()).toBeVisible()
})

test('words are added by language; one that says the opposite is told beside its row; the built-in ones stay', async ({
  console,
  page,
  world,
}) => {
  test.slow()
  await console.open('/consent?tab=words')
  const stop = page.getByRole('region', { name: 'Words that stop' })
  await expect(stop.getByText('abmelden')).toBeVisible()
  await stop.getByRole('button', { name: 'Add stop words' }).click()
  await stop.getByLabel('Language').fill('es')
  const words = stop.getByLabel('Words', { exact: true })
  await words.fill('start')
  await words.press('Enter')
  console.expectMessage(/status of 422/)
  await page.getByRole('button', { name: 'Save the words' }).click()
  await expect(stop.getByText('“start” is a built-in start word.')).toBeVisible()
  await words.press('Backspace')
  for (const word of ['Basta ya', 'no más']) {
    await words.fill(word)
    await words.press('Enter')
  }
  await page.getByRole('button', { name: 'Save the words' }).click()
  await expect(page.getByText('The words are saved').last()).toBeVisible()
  await console.inEveryLook('consent-words')
  await expect(stop.getByText('Basta ya')).toBeVisible()
  const workspace = (await world.api.call<{ items: { id: string }[] }>('GET', '/Workspace')).items[0]?.id
  const stored = await world.api.call<{ stop: unknown }>('GET', `/Workspace/${workspace}/words`)
  expect(stored.stop).toEqual([{ language: 'es', words: ['Basta ya', 'no más'] }])
})

test('a campaign is written about a topic, a button stops that topic alone, and the audience says who is out of it', async ({
  console,
  page,
  world: { api },
}) => {
  await outOf(api)
  const spring = await templateId(api, 'spring_collection')
  const { id } = await api.call<{ id: string }>('POST', '/WhatsappCampaign', {
    name: 'Offers of May',
    templateId: spring,
    variables: { 'body.1': 'you', 'body.2': 'Pune', 'button.0': 'https://example.com/' },
    contactFilter: { tags: ['Friends', 'VIP'] },
  })
  const stored = () => api.call<{ topic: { name: string } | null; variables: Record<string, string> }>('GET', `/WhatsappCampaign/${id}`)
  await console.open(`/campaigns/${id}/edit`)
  await page.getByRole('combobox', { name: 'Topic' }).click()
  await page.getByRole('option', { name: 'Offers' }).click()
  await page.getByRole('checkbox', { name: 'Call me back' }).check()
  await page.getByRole('radiogroup', { name: 'What “Call me back” stops' }).getByText('This topic').click()
  await console.expectAccessible()
  await expect.poll(async () => (await stored()).variables['button.1']).toBe('optOut:topic')
  expect((await stored()).topic?.name).toBe('Offers')
  await page.getByRole('navigation', { name: 'Steps' }).getByRole('button', { name: 'Audience' }).click()
  await expect(page.getByText('of them, out of this topic alone')).toBeVisible()
  await console.inEveryLook('editor-topic')
  await page.getByRole('navigation', { name: 'Steps' }).getByRole('button', { name: 'Message' }).click()
  await page.getByRole('combobox', { name: 'Topic' }).click()
  await page.getByRole('option', { name: 'Offers' }).click() // once more: none
  await expect.poll(async () => (await stored()).variables['button.1']).toBe('optOut')
  expect((await stored()).topic).toBe(null)
})

test('a viewer reads everything and sees no act', async ({ console, browser, world: { api } }) => {
  await outOf(api)
  const workspace = (await api.call<{ items: { id: string }[] }>('GET', '/Workspace')).items[0]?.id
  await api.call('PUT', `/Workspace/${workspace}/words`, { stop: [{ language: 'es', words: ['Basta ya'] }], start: [] })
  const { items: roles } = await api.call<{ items: { id: string; name: string }[] }>('GET', '/Role')
  const roleId = roles.find(({ name }) => name === 'Viewer')?.id
  const { link } = await api.call<{ link: string }>('POST', '/Invitation', { email: 'viewer@example.com', roleId })
  const page = await browser.newPage()
  await page.goto(link)
  await page.getByLabel('Your name').fill('Vera')
  await page.getByLabel('Password', { exact: true }).fill('a sentence of her own')
  await page.getByRole('button', { name: 'Create the account and join' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Dashboard' })).toBeVisible()
  await page.goto(`${console.url}/consent`)
  await expect(page.getByText('Asha Rao').first()).toBeVisible()
  await expect(page.getByRole('button', { name: 'Export' })).toHaveCount(0)
  await page.getByRole('tab', { name: 'Topics' }).click()
  await expect(page.getByText('Prices and sales')).toBeVisible()
  await expect(page.getByRole('button', { name: /New topic|Change Offers|Delete Offers/ })).toHaveCount(0)
  await page.getByRole('tab', { name: 'Words' }).click()
  await expect(page.getByText('Basta ya')).toBeVisible()
  await expect(page.getByRole('button', { name: /Add stop words|Save the words/ })).toHaveCount(0)
  await page.goto(`${console.url}/contacts/${asha}`)
  await expect(page.getByRole('region', { name: 'Consent' }).getByText('Offers').first()).toBeVisible()
  await expect(page.getByRole('button', { name: /Opt (in|out)/ })).toHaveCount(0)
  await page.close()
})
