import { completed, importPeople, templateId } from '../world.ts'
import { expect, test } from './console.ts'

test.use({ worldOf: 'dashboard' })
test.describe.configure({ mode: 'serial' })

interface Dashboard {
  totals: { sent: number; failed: number }
  rates: { delivery: number }
  failures: { title: string }[]
  topTemplates: { name: string }[]
}

test('a new workspace is told its next step', async ({ console, page, world }) => {
  test.slow()
  await console.open('/')
  await expect(page).toHaveURL(/\/dashboard$/)
  await expect(page.getByRole('heading', { name: 'Three steps to the first campaign' })).toBeVisible()
  await expect(page.getByLabel('Done')).toHaveCount(1) // the number
  await importPeople(world.api, 300, { from: 9_000 })
  await page.reload()
  await expect(page.getByLabel('Done')).toHaveCount(2)
  await console.inEveryLook('dashboard-start')
  await page.getByRole('link', { name: 'New campaign' }).first().click()
  await expect(page).toHaveURL(/\/campaigns\/new/)
})

test('figures of the period, what runs, what comes, and the numbers, in every look', async ({ console, page, world: { api } }) => {
  test.slow()
  const make = async (name: string, tags: string[], more: object = {}) =>
    api.call<{ id: string }>('POST', '/WhatsappCampaign', {
      name,
      templateId: await templateId(api, 'hello_world'),
      contactFilter: { tags },
      ...more,
    })
  const done = await make('Done and dusted', ['VIP', 'Returning'])
  await api.call('POST', `/WhatsappCampaign/${done.id}/quick-run`)
  await completed(api, done.id)
  const slow = await make('Long walk', ['New'], { ratePerSecond: 1 })
  await api.call('POST', `/WhatsappCampaign/${slow.id}/quick-run`)
  await make('Winter sale', ['VIP'], { scheduledAt: '2031-12-24T09:00:00Z', timeZone: 'Asia/Kolkata' })

  await console.open('/dashboard')
  await expect(page.getByRole('region', { name: 'Being sent now' }).getByRole('link', { name: 'Long walk' })).toBeVisible()
  await expect(page.getByRole('region', { name: 'Being sent now' })).toContainText(/\d+ of \d+ sent/)
  await expect(page.getByRole('region', { name: 'Scheduled next' })).toContainText('Winter sale')
  await console.inEveryLook('dashboard')

  await api.call('POST', `/WhatsappCampaign/${slow.id}/cancel`)
  await completed(api, slow.id)
  await page.reload()
  await expect(page.getByText('No campaign is being sent.')).toBeVisible()
  const { totals, rates, failures, topTemplates } = await api.call<Dashboard>('GET', '/WhatsappCampaign/dashboard/main')
  await expect(page.getByText('Sent', { exact: true }).first().locator('..')).toContainText(new Intl.NumberFormat('en').format(totals.sent))
  await expect(page.getByText('Delivered, of sent').locator('..')).toContainText(`${(100 * rates.delivery).toFixed(1)}%`)
  await expect(page.getByRole('region', { name: 'Why messages failed' })).toContainText(failures[0]?.title ?? 'nobody failed')
  await expect(page.getByRole('region', { name: 'Most used templates' })).toContainText(topTemplates[0]?.name ?? 'none')
})

test('the period is in the address, and a dashboard that cannot be had can be tried again', async ({ console, page }) => {
  await console.open('/dashboard')
  await page.getByText('7 days', { exact: true }).click()
  await expect(page).toHaveURL(/days=7/)
  await expect(page.getByText('Campaigns that started in the last 7 days, against the 7 days before')).toBeVisible()
  await page.goBack()
  await expect(page).not.toHaveURL(/days=/)

  console.expectMessage(/503/)
  await page.route('**/dashboard/main*', (route) =>
    route.fulfill({
      status: 503,
      contentType: 'application/problem+json',
      body: '{"title":"The database cannot be reached right now","detail":"Try again in a few seconds.","code":"store-unavailable"}',
    }),
  )
  await page.reload()
  await expect(page.getByText('The database cannot be reached right now')).toBeVisible({ timeout: 30_000 })
  await page.unroute('**/dashboard/main*')
  await page.getByRole('button', { name: 'Try again' }).click()
  await expect(page.getByRole('heading', { name: 'Messages by day' })).toBeVisible()
})
