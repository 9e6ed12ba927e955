import { templateId } from '../world.ts'
import { expect, test } from './console.ts'

test('templates stand as cards, found by name, status, category and language, all in the address', async ({ console, page }) => {
  await console.open('/templates')
  const cards = page.getByRole('list', { name: 'Templates' }).getByRole('article')
  await expect(page.getByRole('link', { name: 'spring_collection' })).toBeVisible()
  await page.keyboard.press('/')
  await page.keyboard.type('order')
  await expect(cards).toHaveCount(2)
  await page.getByRole('combobox', { name: 'Language' }).click()
  await page.getByRole('option', { name: 'Portuguese (Brazil)' }).click()
  await expect(cards).toHaveCount(1)
  await expect(page).toHaveURL(/\?q=order&language=pt_BR$/)
  await page.reload()
  await expect(cards).toHaveCount(1)
  await page.goBack()
  await expect(cards).toHaveCount(2)
  await page.getByRole('combobox', { name: 'Status' }).click()
  await page.getByRole('option', { name: 'Rejected' }).click()
  await expect(page.getByText('No template matches')).toBeVisible()
  await console.expectAccessible()
  await page.getByRole('button', { name: 'Clear the filters' }).click()
  await expect(page).toHaveURL(/\/templates$/)
})

test('templates and one template, in every look', async ({ console, page, world }) => {
  await console.open('/templates')
  await console.inEveryLook('templates')
  await page.goto(`${console.url}/templates/${await templateId(world.api, 'coupon_last_call')}`)
  await console.inEveryLook('template')
})

test('reading from Meta says what it changed', async ({ console, page, world }) => {
  await console.open('/templates')
  const templates = world.simulator.wabas[0]?.templates ?? []
  const hello = templates.find(({ name }) => name === 'hello_world')
  templates.push({ ...hello, id: '987650099990001', name: 'brand_new', language: 'hi' } as NonNullable<typeof hello>)
  await page.getByRole('button', { name: 'Read from Meta' }).click()
  await expect(page.getByText(`Read from Meta: 1 new, 0 changed, 0 gone, ${templates.length - 1} as before`)).toBeVisible()
  await expect(page.getByRole('link', { name: 'brand_new' })).toBeVisible()
})

test('a template says why Meta refused it and why campaigns cannot send it, and leads to a campaign that can', async ({
  console,
  page,
  world,
}) => {
  await console.open(`/templates/${await templateId(world.api, 'rejected_offer')}`)
  await expect(page.getByRole('note')).toHaveText('Meta rejected it: it is promotional, and its category does not allow that.')
  await console.expectAccessible()
  await page.goto(`${console.url}/templates/${await templateId(world.api, 'teapots')}`)
  await expect(page.getByRole('list', { name: 'Cards' }).getByRole('listitem')).toHaveCount(2)
  await page.goto(`${console.url}/templates/${await templateId(world.api, 'kettle_spotlight')}`)
  await expect(page.getByRole('note')).toHaveText('A product header cannot be sent by campaigns.')
  await expect(page.getByRole('link', { name: 'Use in a campaign' })).toHaveCount(0)
  await console.expectAccessible()
  await page.goto(`${console.url}/templates/${await templateId(world.api, 'spring_collection')}`)
  const preview = page.getByRole('region', { name: 'Preview', exact: true })
  await expect(preview).toContainText('Hi Asha, our new spring collection has arrived in Pune.')
  await page.getByRole('link', { name: 'Use in a campaign' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'New campaign' })).toBeVisible()
  await expect(preview).toContainText('Spring is here')
})

test('a new template is checked while it is written, submitted, and deleted after asking', async ({ console, page, world }) => {
  console.expectMessage(/status of 422/)
  await console.open('/templates/new')
  const name = page.getByLabel('Name', { exact: true })
  const body = page.getByRole('textbox', { name: 'Text', exact: true })
  await name.fill('Autumn Sale')
  await body.fill('{{1}}, *autumn* is here')
  await page.getByLabel('Footer').focus()
  await expect(page.getByText('has 1 to 512 lower-case letters, digits and underscores.')).toBeVisible()
  await expect(page.getByText('A body may not begin or end with a variable.')).toBeVisible()
  await console.expectAccessible()

  await name.fill('autumn_sale')
  await body.fill('Hi ')
  await page.getByRole('button', { name: 'Add a variable' }).click()
  await body.press('End')
  await body.pressSequentially(', *autumn* is here. Come in.')
  await expect(page.getByText('A body may not begin or end with a variable.')).toHaveCount(0)
  await page.getByRole('region', { name: 'Examples' }).getByLabel('Text {{1}}').fill('Asha')
  for (let n = 1; n <= 4; n++) {
    await page.getByRole('button', { name: 'Add a button' }).click()
    await page.getByRole('region', { name: 'Buttons' }).getByLabel('Label').last().fill(`Answer ${n}`)
  }
  const preview = page.getByRole('region', { name: 'Preview', exact: true })
  await expect(preview.getByText('Hi Asha, autumn is here. Come in.')).toBeVisible()
  await expect(preview.locator('strong')).toHaveText('autumn')
  await expect(preview.getByText('Answer 4')).toHaveCount(0)
  await preview.getByRole('button', { name: 'See all options' }).click()
  await expect(preview.getByText('Answer 4')).toBeVisible()
  await console.expectAccessible()

  await page.getByRole('button', { name: 'Submit for review' }).dblclick()
  await expect(page.getByText('“autumn_sale” is submitted to Meta')).toBeVisible()
  await expect(page.getByRole('heading', { level: 1, name: 'autumn_sale' })).toBeVisible()
  await expect(page.getByText('In review')).toBeVisible()
  const submitted = () => world.simulator.wabas[0]?.templates.filter((template) => template.name === 'autumn_sale') ?? []
  expect(submitted().map(({ components }) => components[0])).toEqual([
    { type: 'BODY', text: 'Hi {{1}}, *autumn* is here. Come in.', example: { body_text: [['Asha']] } },
  ])

  await page.getByRole('button', { name: 'Delete the template' }).click()
  await expect(page.getByRole('dialog')).toContainText('It is deleted at Meta, too')
  await console.expectAccessible()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete the template' }).click()
  await expect(page.getByText('“autumn_sale” is deleted')).toBeVisible()
  expect(submitted()).toEqual([])
})

test('what Meta itself refuses is said above the form; the form in every look', async ({ console, page }) => {
  console.expectMessage(/status of 422/)
  await console.open('/templates/new')
  await console.inEveryLook('template-new')
  await page.getByLabel('Name', { exact: true }).fill('hello_world')
  await page.getByRole('textbox', { name: 'Text', exact: true }).fill('Hello again.')
  await page.getByRole('button', { name: 'Submit for review' }).click()
  await expect(page.getByRole('alert').filter({ hasText: 'already exists' })).toBeVisible()
  await console.expectAccessible()
})
