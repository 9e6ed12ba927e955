import { importPeople, templateId } from '../world.ts'
import { expect, test } from './console.ts'

test.use({ worldOf: 'experiments' })

test('an experiment is planned from two drafts, started, decided by a person, and every look is accessible', async ({
  console,
  page,
  world,
}) => {
  test.slow()
  const { api } = world
  await importPeople(api, 60)
  const hello = await templateId(api, 'hello_world')
  for (const name of ['Short words', 'Long words'])
    await api.call('POST', '/WhatsappCampaign', { name, templateId: hello, contactFilter: { everyone: true } })
  await console.open('/experiments')
  await page.getByRole('button', { name: 'New experiment' }).first().click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Name').fill('Words')
  for (const name of ['Short words', 'Long words']) {
    await dialog.getByLabel('Drafts to compare').click()
    await page.getByRole('option', { name: new RegExp(name) }).click()
  }
  await dialog.getByLabel('Of the audience, test').fill('40')
  await dialog.getByLabel('Of the audience, get nothing').fill('10')
  await dialog.getByRole('heading', { name: 'New experiment' }).click()
  await console.expectAccessible()
  await dialog.getByRole('button', { name: 'Plan it' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Words' })).toBeVisible()
  await expect(page.getByText(/^40(\.0)?\s?% of the audience/)).toBeVisible()
  await page.getByRole('button', { name: 'Start' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Start' }).click()
  await page.getByRole('button', { name: 'B wins' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'B wins' }).click()
  await expect(page.getByText(/chose B\./)).toBeVisible()
  await expect(page.getByRole('table').getByText('★ Winner')).toBeVisible()
  await console.inEveryLook('experiment')
  await console.open('/experiments')
  await console.inEveryLook('experiments')
})
