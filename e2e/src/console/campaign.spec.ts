import { readFile } from 'node:fs/promises'
import type { Page } from '@playwright/test'
import type { Api } from '../api.ts'
import { completed, importPeople, templateId, type World } from '../world.ts'
import { expect, test } from './console.ts'

const make = async (api: Api, name: string, tags: string[], more: object = {}) =>
  api.call<{ id: string }>('POST', '/WhatsappCampaign', {
    name,
    templateId: await templateId(api, 'spring_collection'),
    contactFilter: { tags },
    variables: {
      'body.1': '{{ contact.firstName }}',
      'body.2': '{{ contact.attributes.City }}',
      'button.0': 'https://shop.example.com/spring',
    },
    ...more,
  })
const run = (api: Api, id: string) => api.call('POST', `/WhatsappCampaign/${id}/quick-run`)

let sample: { readonly done: string; readonly name: string }
test.beforeAll(async ({ world }) => {
  sample = await fill(world)
})

/** A campaign that ended with every kind of outcome that the simulator's people have. */
async function fill({ api }: World): Promise<typeof sample> {
  await importPeople(api, 300, { from: 5_000 })
  const name = 'Autumn preview'
  const { id } = await make(api, name, ['VIP', 'Returning'])
  await run(api, id)
  await completed(api, id)
  return { done: id, name }
}
const campaignOf = (api: Api, id: string) =>
  api.call<{ status: string; counts: Record<string, number>; funnel: Record<string, number>; actions: string[] }>(
    'GET',
    `/WhatsappCampaign/${id}`,
  )
const tile = (page: Page, name: string) => page.getByRole('link', { name: new RegExp(`^${name} `) })

test('one campaign with its figures, people, failures and buttons, in every look', async ({ console, page }) => {
  test.slow()
  await console.open(`/campaigns/${sample.done}`)
  await expect(page.getByRole('heading', { name: 'Delivery funnel' })).toBeVisible()
  await expect(page.getByRole('heading', { name: 'Progress over time' })).toBeVisible()
  await console.inEveryLook('campaign-detail')
})

test('a figure opens the people behind it; search, status and page are in the address', async ({ console, page, world }) => {
  const { counts } = await campaignOf(world.api, sample.done)
  await console.open(`/campaigns/${sample.done}`)
  await tile(page, 'Failed').click()
  await expect(page).toHaveURL(/status=Failed/)
  const list = page.getByRole('region', { name: 'Deliveries' }).last()
  await expect(list.getByText(`of ${counts.failed}`)).toBeVisible()
  await expect(list.getByText('Not reachable on WhatsApp').first()).toBeVisible()
  await page.goBack()
  await expect(page).not.toHaveURL(/status=/)
  await expect(list.getByText(`of ${counts.audience}`)).toBeVisible()
  await page.getByRole('button', { name: 'Next page' }).click()
  await expect(list.getByText(`21–40 of ${counts.audience}`)).toBeVisible()
  await page.reload()
  await expect(list.getByText(`21–40 of ${counts.audience}`)).toBeVisible()
})

test('one recipient: the whole trail, with advice, at an address of its own', async ({ console, page, world }) => {
  test.slow()
  const { items } = await world.api.call<{ items: { contactId: string; name: string }[] }>(
    'GET',
    `/WhatsappCampaign/${sample.done}/contacts?statusFilter=Failed`,
  )
  const person = items[0]
  if (person === undefined) throw new Error('nobody failed')
  await console.open(`/campaigns/${sample.done}?status=Failed`)
  await page.getByRole('link', { name: person.name }).first().click()
  const drawer = page.getByRole('dialog')
  await expect(drawer.getByText('Accepted by Meta')).toBeVisible()
  await expect(drawer.getByText('Use another channel', { exact: false })).toBeVisible()
  await expect(drawer.getByText('The message as sent')).toBeVisible()
  await page.reload()
  await expect(drawer.getByText('Accepted by Meta')).toBeVisible()
  await console.inEveryLook('campaign-recipient')
  await expect(drawer.getByText('Accepted by Meta')).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(page).not.toHaveURL(/recipient=/)
})

test('those it failed for become a linked draft; nothing is sent by that', async ({ console, page, world }) => {
  const before = world.simulator.ledger.summary().accepted
  await console.open(`/campaigns/${sample.done}`)
  await page.getByRole('button', { name: 'Send again' }).click()
  await expect(page.getByRole('dialog')).toContainText('Unconfirmed ones are not among them')
  await console.expectAccessible()
  await page.getByRole('button', { name: 'Make the draft' }).dblclick()
  await expect(page.getByRole('heading', { level: 1, name: `${sample.name} (resend: Failed)` })).toBeVisible()
  const { counts } = await campaignOf(world.api, sample.done)
  await expect(page.getByText(`of ${counts.failed} who match`)).toBeVisible()
  const { items } = await world.api.call<{ items: { parentId: string | null }[] }>('POST', '/WhatsappCampaign/getall', {
    nameFilter: 'resend',
  })
  expect(items.filter(({ parentId }) => parentId === sample.done)).toHaveLength(1)
  expect(world.simulator.ledger.summary().accepted).toBe(before)
})

test('the export holds what the API lists', async ({ console, page, world }) => {
  await console.open(`/campaigns/${sample.done}?status=Failed`)
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Export CSV' }).click()])
  expect(file.suggestedFilename()).toBe('Autumn preview.csv')
  const rows = (await readFile(await file.path(), 'utf8')).trim().split(/\r?\n/)
  const { counts } = await campaignOf(world.api, sample.done)
  expect(rows).toHaveLength(1 + (counts.failed ?? 0))
  const { items } = await world.api.call<{ items: { phone: string }[] }>(
    'GET',
    `/WhatsappCampaign/${sample.done}/contacts?statusFilter=Failed&pageSize=200`,
  )
  for (const { phone } of items) expect(rows.some((row) => row.startsWith(phone.slice(1)))).toBe(true)
})

test('who pressed a button can be seen', async ({ console, page, world }) => {
  const { buttons } = await world.api.call<{ buttons: { index: number; text: string; uniqueContacts: number }[] }>(
    'GET',
    `/WhatsappCampaign/${sample.done}/button-clicks`,
  )
  const pressed = buttons.find(({ uniqueContacts }) => uniqueContacts > 0)
  if (pressed === undefined) throw new Error('nobody pressed a button')
  await console.open(`/campaigns/${sample.done}`)
  await page.getByRole('link', { name: `See the people who pressed “${pressed.text}”` }).click()
  await expect(page.getByRole('dialog').getByText(new RegExp(`of ${pressed.uniqueContacts}$`))).toBeVisible()
  await console.expectAccessible()
  await page.keyboard.press('Escape')
  await page.getByRole('link', { name: `Make a segment of those who pressed “${pressed.text}”` }).click()
  await page.getByLabel('Name', { exact: true }).fill('Pressed it')
  await page.getByRole('button', { name: 'Create the segment' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Pressed it' })).toBeVisible()
  const { items } = await world.api.call<{ items: { name: string; contactFilter: unknown }[] }>('POST', '/Segment/getall', {})
  expect(items.find(({ name }) => name === 'Pressed it')?.contactFilter).toEqual({
    where: { and: [{ campaign: { id: sample.done, outcome: 'Clicked', button: pressed.index } }] },
  })
})

test('a running campaign is paused, resumed and cancelled from its page, and is followed live', async ({ console, page, world }) => {
  const { id } = await make(world.api, 'Slow walk', ['New', 'Newsletter'], { ratePerSecond: 2 })
  await console.open(`/campaigns/${id}`)
  await expect(page.getByText(/people match now/)).toBeVisible()
  await run(world.api, id)
  await page.getByRole('button', { name: 'Pause' }).click()
  await expect(page.getByText('Paused by a person')).toBeVisible()
  await expect(page.getByText('Resume when it may go on.')).toBeVisible()
  await expect(page.getByRole('button', { name: 'Pause' })).toHaveCount(0)
  await page.getByRole('button', { name: 'Resume' }).click()
  await expect(page.getByText('Paused by a person')).toHaveCount(0)
  await expect(page.getByText(/Sending .* a second/)).toBeVisible()
  await page.getByRole('button', { name: 'Cancel the campaign' }).click()
  await expect(page.getByRole('dialog')).toContainText('will not get it')
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel the campaign' }).click()
  await expect(page.getByText('Cancelled', { exact: true }).first()).toBeVisible()
  await expect.poll(async () => (await campaignOf(world.api, id)).status).toBe('Cancelled')
  const { counts } = await campaignOf(world.api, id)
  expect(Object.entries(counts).reduce((sum, [name, count]) => (name === 'audience' ? sum : sum + count), 0)).toBe(counts.audience)
})

test('a draft is deleted from its own page, which is left', async ({ console, page, world }) => {
  const { id } = await make(world.api, 'Not to be', ['New'])
  await console.open(`/campaigns/${id}`)
  await page.getByRole('button', { name: 'Actions of Not to be' }).click()
  await page.getByRole('menuitem', { name: 'Delete' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Campaigns' })).toBeVisible()
  await expect(page.getByText('“Not to be” is deleted')).toBeVisible()
  expect((await world.api.raw('GET', `/WhatsappCampaign/${id}`)).status).toBe(404)
})

test('after a lost connection the page catches up with what happened meanwhile', async ({ console, page, world }) => {
  console.expectMessage(/ERR_|Failed to load/)
  const { id } = await make(world.api, 'Through the tunnel', ['New'])
  await console.open(`/campaigns/${id}`)
  await expect(page.getByText(/people match now/)).toBeVisible()
  await page.route('**/events', (route) => route.abort())
  await page.reload()
  await expect(page.getByText('Reconnecting …')).toBeVisible()
  await run(world.api, id)
  const { funnel, counts } = await completed(world.api, id)
  await page.unroute('**/events')
  await expect(page.getByText('Reconnecting …')).toHaveCount(0, { timeout: 30_000 })
  await expect(page.getByText(`${funnel.sent} of ${counts.audience} sent`)).toBeVisible()
})

test('a campaign whose people are no longer kept shows its figures and says so, in every look', async ({ console, page }) => {
  test.slow()
  await page.route(`**/api/v1/WhatsappCampaign/${sample.done}`, async (route) => {
    const answer = await route.fetch()
    await route.fulfill({ response: answer, json: { ...(await answer.json()), peopleDeletedAt: '2026-08-01T09:00:00.000Z' } })
  })
  await console.open(`/campaigns/${sample.done}`)
  await expect(page.getByRole('heading', { name: 'The people of this campaign are no longer kept' })).toBeVisible()
  await expect(page.getByText(/They were deleted on .*Aug.* 2026/)).toBeVisible()
  await expect(page.getByRole('heading', { name: 'Delivery funnel' })).toBeVisible()
  for (const name of ['Deliveries', 'Replies']) await expect(page.getByRole('heading', { name, exact: true })).toHaveCount(0)
  await expect(page.getByRole('link', { name: /^See the people who pressed/ })).toHaveCount(0)
  await console.inEveryLook('campaign-people-not-kept')
})
