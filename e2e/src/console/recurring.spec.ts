import { templateId } from '../world.ts'
import { expect, test } from './console.ts'

test.use({ worldOf: 'recurring' })

interface Repeated {
  readonly items: readonly { readonly id: string; readonly rule: string; readonly timeZone: string; readonly startsAt: string }[]
}

test('a campaign repeats by days of the week, is paused, changed and deleted, and every look is accessible', async ({
  console,
  page,
  world,
}) => {
  test.slow()
  const { api } = world
  const hello = await templateId(api, 'hello_world')
  await api.call('POST', '/WhatsappCampaign', {
    name: 'Weekly offer',
    templateId: hello,
    contactFilter: { everyone: true },
    ratePerSecond: 9,
  })
  await console.open('/recurring')
  await expect(page.getByText('Nothing repeats yet')).toBeVisible()
  await console.open('/campaigns')
  await page.getByRole('button', { name: 'Actions of Weekly offer' }).click()
  await page.getByRole('menuitem', { name: 'Repeat …' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Every', { exact: true }).fill('2')
  await dialog.getByLabel('Thu', { exact: true }).check()
  await dialog.getByLabel('Mon', { exact: true }).check()
  await dialog.getByLabel('First on or after').fill('2031-03-03T09:00')
  await expect(dialog.getByText(/^Next: .*2031.* · .*2031.* · /)).toBeVisible()
  await console.expectAccessible()
  await dialog.getByRole('button', { name: 'Repeat it' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Recurring' })).toBeVisible()
  await expect(page.getByText(/Every 2 weeks on Monday and Thursday/)).toBeVisible()
  const stored = await api.call<Repeated>('POST', '/Recurrence/getall', {})
  expect(stored.items.map(({ rule }) => rule)).toEqual(['FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH'])
  await console.inEveryLook('recurring')

  const menu = page.getByRole('button', { name: 'Actions of Weekly offer' })
  await menu.click()
  await page.getByRole('menuitem', { name: 'Pause' }).click()
  await expect(page.getByRole('table').getByText('Paused').filter({ visible: true })).toBeVisible()
  await menu.click()
  await page.getByRole('menuitem', { name: 'Resume' }).click()
  await expect(page.getByRole('table').getByText('Active').filter({ visible: true })).toBeVisible()
  await menu.click()
  await page.getByRole('menuitem', { name: 'Change when' }).click()
  await expect(dialog.getByLabel('Mon', { exact: true })).toBeChecked()
  await dialog.getByLabel('Every', { exact: true }).fill('1')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByText(/Every week on Monday and Thursday/)).toBeVisible()
  await menu.click()
  await page.getByRole('menuitem', { name: 'Delete' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await expect(page.getByText('Nothing repeats yet')).toBeVisible()
})
