import { readFile } from 'node:fs/promises'
import type { Api } from '../api.ts'
import { importPeople } from '../world.ts'
import { expect, test } from './console.ts'

test('a number is put on the suppression list, found and taken off', async ({ console, page, world }) => {
  test.slow()
  await console.open('/suppressions')
  await expect(page.getByText('No number is suppressed')).toBeVisible()
  const add = page.getByRole('button', { name: 'Add a number' })
  await add.first().click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Phone number').fill('12')
  console.expectMessage(/status of 4\d\d/)
  await dialog.getByRole('button', { name: 'Add a number' }).click()
  await expect(dialog.getByText('This is not a valid phone number.')).toBeVisible()
  await dialog.getByLabel('Phone number').fill('+91 98765 43210')
  await dialog.getByLabel('Reason').fill('Asked on the phone')
  await dialog.getByRole('button', { name: 'Add a number' }).click()
  await expect(dialog).toBeHidden()
  await world.api.call('POST', '/Suppression', { phone: '+919876543211' })
  await page.reload()
  await expect(page.getByText('1–2 of 2')).toBeVisible()
  await console.inEveryLook('suppressions')

  await expect(page.getByText('1–2 of 2')).toBeVisible()
  await page.keyboard.press('/')
  await page.keyboard.type('+91 98765-43210')
  await expect(page).toHaveURL(/phone=%2B91\+98765-43210/)
  await expect(page.getByText('1–1 of 1')).toBeVisible()
  await page.reload()
  await expect(page.getByRole('cell', { name: 'Asked on the phone' })).toBeVisible()
  await page.getByRole('button', { name: 'Take +919876543210 off the list' }).click()
  await console.expectAccessible()
  await dialog.getByRole('button', { name: 'Take it off the list' }).click()
  await expect(page.getByText('This number is not on the list')).toBeVisible()
  const left = await world.api.call<{ items: { phone: string }[] }>('GET', '/Suppression')
  expect(left.items.map(({ phone }) => phone)).toEqual(['+919876543211'])
})

const HOSTILE = `‮<script>alert(1)</script> ${'🎉'.repeat(30)}`
interface Person {
  id: string
  phone: string
  firstName: string | null
  tags: string[]
}
const everybody = async (api: Api, searchTerm: string) =>
  (await api.call<{ items: Person[] }>('POST', '/Contact/getall', { searchTerm, pageSize: 50 })).items

test('the list: every look; search, tag, order and page are in the address', async ({ console, page, world: { api } }) => {
  test.slow()
  await importPeople(api, 60, { from: 20_000 })
  await api.call('POST', '/Contact', { phone: '+919810000001', firstName: HOSTILE, tags: ['VIP'] })
  await console.open('/contacts')
  await expect(page.getByText('alert(1)', { exact: false }).first()).toBeVisible()
  await console.inEveryLook('contacts')

  await page.getByRole('combobox', { name: 'Tag', exact: true }).click()
  await page.getByRole('option', { name: 'VIP', exact: true }).click()
  await expect(page).toHaveURL(/tag=VIP/)
  await page.getByRole('button', { name: 'Name' }).click()
  await expect(page).toHaveURL(/sort=name/)
  await page.keyboard.press('/')
  await page.keyboard.type('9810000001')
  await expect(page.getByText('1–1 of 1')).toBeVisible()
  await page.reload()
  await expect(page.getByText('1–1 of 1')).toBeVisible()
  await page.getByRole('searchbox').fill('nobody of this name')
  await expect(page.getByText('No contact matches')).toBeVisible()
  await page.getByRole('button', { name: 'Clear the filters' }).click()
  await expect(page).not.toHaveURL(/tag=/)
})

test('many numbers are put on the suppression list from a file; those that are none stay to be mended', async ({
  console,
  page,
  world,
}) => {
  await console.open('/suppressions')
  await page.getByRole('button', { name: 'Add many' }).click()
  const dialog = page.getByRole('dialog')
  await expect(dialog.getByRole('button', { name: 'Add many' })).toBeDisabled()
  const rows = 'phone,reason\n+919876511001,x\n+919876511002,y\n12,z\n'
  await dialog.locator('input[type=file]').setInputFiles({ name: 'list.csv', mimeType: 'text/csv', buffer: Buffer.from(rows) })
  await expect(dialog.getByText('3 numbers')).toBeVisible()
  await console.expectAccessible()
  await dialog.getByRole('button', { name: 'Add many' }).click()
  await expect(dialog.getByText('1 is no phone number; the others are added.')).toBeVisible()
  await expect(dialog.getByLabel('Numbers')).toHaveValue('12')
  await page.keyboard.press('Escape')
  const saved = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Export' }).click()
  expect((await saved).suggestedFilename()).toBe('suppressions.csv')
  const { items } = await world.api.call<{ items: { phone: string }[] }>('GET', '/Suppression?pageSize=100')
  expect(items.map(({ phone }) => phone)).toEqual(expect.arrayContaining(['+919876511001', '+919876511002']))
})

test('a contact is made, changed, opted out and in, and deleted, with a reason beside each field that is wrong', async ({
  console,
  page,
  world: { api },
}) => {
  test.slow()
  console.expectMessage(/status of 4\d\d/)
  await console.open('/contacts')
  await page.getByRole('button', { name: 'New contact' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Phone number').fill('12')
  await dialog.getByLabel('E-mail').fill('nowhere')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await expect(dialog.getByText('is not an e-mail address')).toBeVisible()
  await dialog.getByLabel('E-mail').fill('mira@example.com')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await expect(dialog.getByText('not a valid phone number', { exact: false })).toBeVisible()
  await dialog.getByLabel('Phone number').fill('+91 98100 00002')
  await dialog.getByLabel('First name').fill('Mira')
  await dialog.getByRole('combobox', { name: 'Tags' }).fill('Walk-in')
  await page.keyboard.press('Enter')
  await page.keyboard.press('Tab') // the choices of tags close
  await dialog.getByRole('button', { name: 'Add an attribute' }).click()
  await dialog.getByLabel('Name of attribute 1').fill('City')
  await dialog.getByLabel('Value of attribute 1').fill('Pune')
  await console.expectAccessible()
  await dialog.getByRole('button', { name: 'Save' }).click()

  await expect(page.getByRole('heading', { level: 1, name: 'Mira' })).toBeVisible()
  await expect(page.getByText('Pune')).toBeVisible()
  await page.getByRole('button', { name: 'Edit' }).click()
  await dialog.getByLabel('Value of attribute 1').fill('Mumbai')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByText('Mumbai')).toBeVisible()

  await page.getByRole('button', { name: 'Opt out' }).click()
  await dialog.getByLabel('Where they said so').fill('Phone call')
  await dialog.getByRole('button', { name: 'Opt out' }).click()
  await expect(page.getByText(/Opted out since/)).toBeVisible()
  await expect(page.getByRole('region', { name: 'What happened' })).toContainText('Opted out')
  await console.inEveryLook('contact')
  await page.getByRole('button', { name: 'Opt in again' }).click()
  await expect(dialog.getByRole('button', { name: 'Opt in again' })).toBeDisabled()
  await dialog.getByLabel('Where they said so').fill('In the shop')
  await dialog.getByRole('button', { name: 'Opt in again' }).click()
  await expect(page.getByText(/Opted out since/)).toHaveCount(0)

  await page.getByRole('button', { name: 'Delete' }).click()
  await dialog.getByRole('button', { name: 'Delete 1 contact' }).click()
  await expect(page).toHaveURL(/\/contacts$/)
  expect(await everybody(api, 'Mira')).toEqual([])
})

test('many are tagged at once', async ({ console, page, world: { api } }) => {
  for (const n of [3, 4]) await api.call('POST', '/Contact', { phone: `+91981000000${n}`, firstName: `Bulk ${n}` })
  await console.open('/contacts?q=Bulk')
  await page.getByRole('checkbox', { name: 'Choose all on this page' }).check()
  await page.getByRole('button', { name: 'Add tags' }).click()
  const dialog = page.getByRole('dialog')
  await expect(dialog).toContainText('Add tags to 2 contacts')
  await dialog.getByRole('combobox', { name: 'Tags' }).fill('Gold')
  await page.keyboard.press('Enter')
  await page.keyboard.press('Tab')
  await console.expectAccessible()
  await dialog.getByRole('button', { name: 'Add tags' }).click()
  await expect(dialog).toBeHidden()
  await expect(page.getByRole('cell', { name: 'Gold' })).toHaveCount(2)
  expect((await everybody(api, 'Bulk')).map(({ tags }) => tags)).toEqual([['Gold'], ['Gold']])
})

const PEOPLE = `Tel,Name,City,Sale
+919820000001,Zora Quist,Pune,summer
+919820000002,Ravi Shah,Delhi,summer
nonsense,Nobody,Nowhere,
+919820000001,Zora Again,Pune,
`

test('a file is checked, its columns mapped, imported, and taken back', async ({ console, page, world: { api } }) => {
  test.slow()
  await console.open('/contacts/import')
  await page.getByLabel('File', { exact: true }).setInputFiles({ name: 'people.csv', mimeType: 'text/csv', buffer: Buffer.from(PEOPLE) })
  const report = page.getByRole('region', { name: 'Check of the file' })
  await expect(report).toContainText('4 of 4 rows checked; nothing is changed yet')
  await expect(report).toContainText('Phone number not valid')
  await expect(page.getByRole('combobox', { name: 'What column Tel becomes' })).toHaveValue('Phone number')
  await expect(page.getByRole('button', { name: 'Import 2 contacts' })).toBeEnabled()
  await console.expectAccessible()
  await page.screenshot({ path: 'test-results/console/contact-import.png', animations: 'disabled', fullPage: true })
  expect(await everybody(api, 'Zora')).toEqual([])

  await page.getByRole('combobox', { name: 'What column Sale becomes' }).click()
  await page.getByRole('option', { name: 'Tags', exact: true }).click()
  await expect(page.getByText('Something changed since the check.')).toBeVisible()
  await expect(page.getByRole('button', { name: /^Import \d+ contacts$/ })).toBeDisabled()
  await page.getByRole('button', { name: 'Check again' }).click()
  await page.getByRole('button', { name: 'Import 2 contacts' }).dblclick()

  await expect(page).toHaveURL(/\/contacts\/imports\//)
  const result = page.getByRole('region', { name: 'Import', exact: true })
  await expect(result.getByText('Completed')).toBeVisible()
  await page.reload()
  await expect(result).toContainText('2 rows refused')
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Download all refused rows' }).click()])
  const id = page.url().split('/').at(-1)
  const answer = await api.raw('GET', `/Contact/import/${id}/errors`)
  expect(await readFile(await file.path())).toEqual(Buffer.from(await answer.arrayBuffer()))
  expect((await everybody(api, 'Zora')).map(({ tags }) => tags)).toEqual([['summer']])
  await console.inEveryLook('contact-import-done')

  await page.getByRole('link', { name: 'See these contacts' }).click()
  await expect(page.getByText('1–2 of 2')).toBeVisible()
  await page.goBack()
  await page.getByRole('button', { name: 'Undo the import' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Undo the import' }).click()
  await expect(page.getByRole('link', { name: 'Import a file' })).toBeVisible()
  expect(await everybody(api, 'Zora')).toEqual([])
})

test('a file without phone numbers is told so, with its columns to choose from', async ({ console, page }) => {
  console.expectMessage(/status of 4\d\d/)
  await console.open('/contacts/import')
  await page
    .getByLabel('File', { exact: true })
    .setInputFiles({ name: 'x.csv', mimeType: 'text/csv', buffer: Buffer.from('Kontakt;Stadt\n+919820000009;Pune\n') })
  await expect(page.getByRole('alert')).toContainText('looks like phone numbers')
  await page.getByRole('combobox', { name: 'What column Kontakt becomes' }).click()
  await page.getByRole('option', { name: 'Phone number', exact: true }).click()
  await page.getByRole('button', { name: 'Check again' }).click()
  await expect(page.getByRole('button', { name: 'Import 1 contact' })).toBeEnabled()
  await console.inEveryLook('contact-import-start')
})
