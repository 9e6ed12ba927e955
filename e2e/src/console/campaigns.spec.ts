import type { Api } from '../api.ts'
import { completed, importPeople, templateId } from '../world.ts'
import { expect, test } from './console.ts'

const HOSTILE = `‮<script>alert(1)</script> "quoted" & ${'🎉'.repeat(40)}`

/** A body of the public contract; people of the CSV have these tags. */
const body = (template: string, name: string, tags: string[], more: Record<string, unknown> = {}) => ({
  name,
  templateId: template,
  contactFilter: { tags },
  ...more,
})
const make = (api: Api, input: object) => api.call<{ id: string }>('POST', '/WhatsappCampaign', input)

test.beforeAll(async ({ world: { api } }) => {
  await importPeople(api, 300)
  const template = await templateId(api, 'hello_world')
  for (let n = 1; n <= 12; n++) await make(api, body(template, `Draft ${String(n).padStart(2, '0')}`, ['VIP', 'Returning', 'New']))
  await make(api, body(template, 'Winter sale', ['VIP'], { scheduledAt: '2031-12-24T09:00:00Z', timeZone: 'Asia/Kolkata' }))
  await make(api, body(template, HOSTILE, ['VIP']))
  const done = await make(api, body(template, 'May Promo', ['VIP']))
  await api.call('POST', `/WhatsappCampaign/${done.id}/quick-run`)
  await completed(api, done.id)
})

test('the list, in every look', async ({ console, page }) => {
  test.slow()
  await console.open('/campaigns')
  await expect(page.getByRole('link', { name: 'May Promo' })).toBeVisible()
  await console.inEveryLook('campaigns')
})

test('status, search, order and page are in the address, and back returns', async ({ console, page, world }) => {
  await console.open('/campaigns')
  const counts = await world.api.call<Record<string, number>>('GET', '/WhatsappCampaign/status-counts')
  await page.getByRole('tab', { name: `Draft ${counts.Draft}` }).click()
  await expect(page).toHaveURL(/\?status=Draft$/)
  await page.getByRole('button', { name: 'Next page' }).click()
  await expect(page).toHaveURL(/page=2/)
  await expect(page.getByText(`11–${counts.Draft} of ${counts.Draft}`)).toBeVisible()
  await page.goBack()
  await expect(page.getByText(`1–10 of ${counts.Draft}`)).toBeVisible()
  await page.keyboard.press('/')
  await page.keyboard.type('draft 0')
  await expect(page).toHaveURL(/q=draft\+0/)
  await expect(page.getByText('1–9 of 9')).toBeVisible()
  await expect(page.getByRole('tab', { name: 'Completed 0' })).toBeVisible()
  await page.reload()
  await expect(page.getByText('1–9 of 9')).toBeVisible()
  await expect(page.getByLabel('Search by name')).toHaveValue('draft 0')
})

test('a name is text, whatever it holds', async ({ console, page }) => {
  await console.open('/campaigns?q=quoted')
  await expect(page.getByRole('link', { name: HOSTILE })).toBeVisible()
  await page.getByRole('link', { name: HOSTILE }).click()
  await expect(page.getByRole('heading', { level: 1, name: HOSTILE })).toBeVisible()
  await console.expectAccessible()
})

test('a row offers what the API allows, and cancelling names how many', async ({ console, page, world }) => {
  await console.open('/campaigns?q=Winter')
  await page.getByRole('button', { name: 'Actions of Winter sale' }).click()
  const { items } = await world.api.call<{ items: { actions: string[] }[] }>('POST', '/WhatsappCampaign/getall', { nameFilter: 'Winter' })
  expect(items[0]?.actions).toContain('unschedule')
  await expect(page.getByRole('menuitem', { name: 'Resume' })).toHaveCount(0)
  await page.getByRole('menuitem', { name: 'Take off the schedule' }).click()
  await expect(page.getByText('“Winter sale” is a draft again')).toBeVisible()
  await page.getByRole('button', { name: 'Actions of Winter sale' }).click()
  await page.getByRole('menuitem', { name: 'Delete' }).click()
  await expect(page.getByRole('dialog')).toContainText('list of 0 recipients')
  await console.expectAccessible()
  await page.getByRole('button', { name: 'Delete' }).click()
  await expect(page.getByText('No campaign matches')).toBeVisible()
})

test('a campaign is sent from its row once, however often one clicks, and is followed live', async ({ console, page, world }) => {
  const { id } = await make(world.api, body(await templateId(world.api, 'hello_world'), 'Live now', ['Returning']))
  await console.open('/campaigns?q=Live')
  await page.getByRole('button', { name: 'Actions of Live now' }).click()
  await page.getByRole('menuitem', { name: 'Send now' }).click()
  await expect(page.getByRole('dialog')).toContainText(/\d+ people match/)
  await page.getByRole('button', { name: 'Send now' }).dblclick()
  await page.getByRole('link', { name: 'Live now' }).click()
  await expect(page.getByText('Completed', { exact: true }).first()).toBeVisible({ timeout: 60_000 }) // the timeline says it too
  const campaign = await completed(world.api, id)
  await expect(page.getByText(`${campaign.funnel.sent} of ${campaign.counts.audience} sent`)).toBeVisible()
  expect(world.simulator.ledger.summary().doubles).toBe(0)
})

test('a list that cannot be had says so and can be tried again', async ({ console, page }) => {
  console.expectMessage(/503/)
  await console.open('/campaigns')
  await page.route('**/getall', (route) =>
    route.fulfill({
      status: 503,
      contentType: 'application/problem+json',
      body: '{"title":"The database cannot be reached right now","detail":"Try again in a few seconds.","code":"store-unavailable"}',
    }),
  )
  await page.reload()
  await expect(page.getByText('The database cannot be reached right now')).toBeVisible({ timeout: 30_000 })
  await console.expectAccessible()
  await page.unroute('**/getall')
  await page.getByRole('button', { name: 'Try again' }).click()
  await expect(page.getByRole('link', { name: 'May Promo' })).toBeVisible()
})
