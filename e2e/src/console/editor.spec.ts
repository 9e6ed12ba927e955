import type { Page } from '@playwright/test'
import type { Api } from '../api.ts'
import { completed, importPeople, templateId, type World } from '../world.ts'
import { expect, test } from './console.ts'

interface Stored {
  readonly id: string
  readonly name: string
  readonly status: string
  readonly scheduledAt: string | null
  readonly variables: Record<string, string>
  readonly contactFilter: Record<string, unknown>
}
const make = (api: Api, body: object) => api.call<Stored>('POST', '/WhatsappCampaign', body)
const read = (api: Api, id: string) => api.call<Stored>('GET', `/WhatsappCampaign/${id}`)
const idOf = (page: Page) => /campaigns\/([0-9a-f-]{36})/.exec(page.url())?.[1] ?? ''
const SPRING = {
  'body.1': "{{ contact.firstName | default: 'there' }}",
  'body.2': '{{ contact.attributes.City }}',
  'button.0': 'https://shop.example.com/spring',
}

let hello: string
let spring: string
test.beforeAll(async ({ world }: { world: World }) => {
  await importPeople(world.api, 1_300)
  hello = await templateId(world.api, 'hello_world')
  spring = await templateId(world.api, 'spring_collection')
})

const stored = (page: Page) => expect(page.getByText(/^Stored/).first()).toBeVisible()
const step = (page: Page, name: string) => page.getByRole('navigation', { name: 'Steps' }).getByRole('button', { name })
const phone = (page: Page) => page.getByRole('region', { name: 'Preview', exact: true })
const box = (page: Page, name: string) => page.getByRole('combobox', { name })

test('a campaign is written with its preview, tested, and sent once, however often one clicks', async ({ console, page, world }) => {
  await console.open('/campaigns')
  await page.keyboard.press('n')
  await expect(page.getByRole('heading', { level: 1, name: 'New campaign' })).toBeVisible()
  await page.getByLabel('Name of the campaign').fill('Spring, for friends')
  await page.getByLabel('Search templates by name').fill('spring')
  await expect(page.getByRole('button', { name: /hello_world/ })).toHaveCount(0)
  await page.getByRole('button', { name: /spring_collection/ }).click()
  await expect(page).toHaveURL(/\/campaigns\/[0-9a-f-]{36}\/edit/)
  await expect(page.getByLabel('Name of the campaign')).toHaveValue('Spring, for friends')
  await expect(phone(page).getByText('{{1}}')).toBeVisible()

  const variables = page.getByRole('region', { name: 'Variables' })
  await variables.getByRole('combobox', { name: 'Contact field' }).first().click()
  await page.getByRole('option', { name: 'First name' }).click()
  await variables.getByLabel('If there is none').first().fill('there')
  await variables.getByRole('combobox', { name: 'Value from' }).nth(1).click()
  await page.getByRole('option', { name: 'Attribute' }).click()
  await variables
    .getByRole('textbox', { name: 'Attribute' })
    .or(variables.getByRole('combobox', { name: 'Attribute' }))
    .fill('City')
  await variables.getByLabel('Address').fill(SPRING['button.0'])
  await expect(phone(page).getByText('First name')).toBeVisible()
  await stored(page)
  await expect.poll(async () => (await read(world.api, idOf(page))).variables).toEqual(SPRING)

  await page.getByRole('button', { name: 'Next: Audience' }).click()
  await expect(page).toHaveURL(/step=audience/)
  await box(page, 'With any of these tags, or all').click()
  await page.getByRole('option', { name: /VIP/ }).click()
  await page.keyboard.press('Escape')
  const preview = await world.api.call<{ matched: number; eligible: number; samples: { name: string }[] }>(
    'POST',
    '/WhatsappCampaign/preview',
    {
      templateId: spring,
      contactFilter: { tags: ['VIP'] },
      variables: SPRING,
    },
  )
  const count = page.getByRole('region', { name: 'Who gets it' })
  await expect(count).toContainText(`People who match${preview.matched}`)
  await expect(count).toContainText(`Get the message${preview.eligible}`)
  await expect(phone(page)).toContainText(preview.samples[0]?.name ?? '?')
  await expect(phone(page)).toContainText('1/20')
  await page.getByRole('button', { name: 'Next person' }).click()
  await expect(phone(page)).toContainText(preview.samples[1]?.name ?? '?')
  await console.expectAccessible()

  await step(page, 'Review').click()
  await box(page, 'Phone numbers for the test').pressSequentially('+919811111111,+919822222222')
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Send the test' }).click()
  await expect(page.getByRole('table', { name: 'Results of the test' }).getByRole('row')).toHaveCount(2)
  await expect(page.getByRole('table', { name: 'Results of the test' })).toContainText('+919811111111')
  await console.expectAccessible()

  await page.getByRole('button', { name: 'Send now' }).click()
  await expect(page.getByRole('dialog')).toContainText(`${preview.eligible} people get this message at once.`)
  await page.getByRole('dialog').getByRole('button', { name: 'Send now' }).dblclick()
  await expect(page).toHaveURL(/\/campaigns\/[0-9a-f-]{36}$/)
  await completed(world.api, idOf(page))
  await expect(page.getByText('Completed', { exact: true }).first()).toBeVisible()
  expect(world.simulator.ledger.summary().doubles).toBe(0)
})

test('every step, in every look', async ({ console, page, world }) => {
  test.slow()
  const { id } = await make(world.api, {
    name: 'May Promo',
    templateId: spring,
    variables: { ...SPRING, 'button.2': 'optOut' },
    contactFilter: { tags: ['VIP', 'Returning'], excludeTags: ['New'], attributes: [{ key: 'City', op: 'ne', value: 'Berlin' }] },
    timeZone: 'Asia/Kolkata',
    quietHours: { from: '21:00', to: '09:00' },
    finishBy: '2031-12-24T12:00:00Z',
    canary: { share: 0.02, waitMinutes: 20 },
    circuitBreaker: { failureShare: 0.2, afterMessages: 50 },
  })
  for (const [name, query] of [
    ['message', ''],
    ['audience', '?step=audience'],
    ['delivery', '?step=delivery&at=2031-12-24T09:00'],
    ['review', '?step=review&at=2031-12-24T09:00'],
  ] as const) {
    await console.open(`/campaigns/${id}/edit${query}`)
    await console.inEveryLook(`editor-${name}`)
  }
  await page.goto(`${console.url}/campaigns/new`)
  await console.inEveryLook('editor-new')
})

test('quiet hours and a wished end are stored, and it is said how many come too late', async ({ console, page, world }) => {
  const { id } = await make(world.api, { name: 'Good night', templateId: hello, contactFilter: { tags: ['VIP'] } })
  await console.open(`/campaigns/${id}/edit?step=delivery`)
  const india = (hours: number) => new Date(Date.now() + (5.5 + hours) * 3_600_000).toISOString()
  await page.getByRole('button', { name: 'Set quiet hours' }).click()
  await page.getByLabel('From', { exact: true }).fill(india(-1).slice(11, 16))
  await page.getByLabel('To', { exact: true }).fill(india(3).slice(11, 16))
  const soon = new Date(Date.now() + 3_600_000).toISOString()
  await page.getByLabel('Through by').fill(soon.slice(0, 16)) // the workspace's clock is UTC
  await expect(page.getByText(/people get it after that\.$/)).toBeVisible()
  await stored(page)
  const campaign = await world.api.call<Stored & { quietHours: unknown; finishBy: string }>('GET', `/WhatsappCampaign/${id}`)
  expect(campaign.quietHours).toEqual({ from: india(-1).slice(11, 16), to: india(3).slice(11, 16) })
  expect(campaign.finishBy).toBe(`${soon.slice(0, 16)}:00.000Z`)
  await console.expectAccessible()
  await step(page, 'Review').click()
  await expect(page.getByText(/people get it after that\.$/)).toBeVisible()
  await page.getByRole('navigation', { name: 'Steps' }).getByRole('button', { name: 'Delivery' }).click()
  await page.getByRole('button', { name: 'None', exact: true }).click()
  await stored(page)
  await expect.poll(async () => (await world.api.call<{ quietHours: unknown }>('GET', `/WhatsappCampaign/${id}`)).quietHours).toBe(null)
})

test('a try with a few people and a stop at failures are switched on, set and off again', async ({ console, page, world }) => {
  const { id } = await make(world.api, { name: 'Careful', templateId: hello, contactFilter: { tags: ['VIP'] } })
  const now = () => world.api.call<{ canary: unknown; circuitBreaker: unknown }>('GET', `/WhatsappCampaign/${id}`)
  await console.open(`/campaigns/${id}/edit?step=delivery`)
  await page.getByLabel('Try a few people first').click()
  await page.getByLabel('So many first').fill('2.5')
  await page.getByLabel('Minutes to wait for them').fill('45')
  await page.getByLabel('Stop when too many fail').click()
  await page.getByLabel('Failures tolerated').fill('20')
  await stored(page)
  await expect.poll(now).toMatchObject({
    canary: { share: 0.025, waitMinutes: 45 },
    circuitBreaker: { failureShare: 0.2, afterMessages: 100 },
  })
  await page.getByLabel('Try a few people first').click()
  await page.getByLabel('Stop when too many fail').click()
  await stored(page)
  await expect.poll(now).toMatchObject({ canary: null, circuitBreaker: null })
})

test('it is put on the schedule in the clock of a zone, and changed there only when one says so', async ({ console, page, world }) => {
  const { id } = await make(world.api, { name: 'Winter', templateId: hello, contactFilter: { tags: ['VIP'] } })
  await console.open(`/campaigns/${id}/edit?step=delivery`)
  await page.getByRole('radio', { name: 'At a time' }).check()
  await page.getByLabel('Date and time').fill('2031-12-24T09:00')
  await box(page, 'Time zone').fill('Kolkata')
  await page.getByRole('option', { name: 'Asia/Kolkata' }).click()
  await expect(page).toHaveURL(/at=2031-12-24T09%3A00/)
  await step(page, 'Review').click()
  await page.getByRole('button', { name: 'Schedule', exact: true }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Schedule' }).click()
  await expect(page.getByText(/“Winter” goes out on/)).toBeVisible()
  await expect(page.getByText('Scheduled', { exact: true })).toBeVisible()
  expect(await read(world.api, id)).toMatchObject({ status: 'Scheduled', scheduledAt: '2031-12-24T03:30:00.000Z' })

  await page.goto(`${console.url}/campaigns/${id}/edit?step=delivery`)
  await expect(page.getByLabel('Date and time')).toHaveValue('2031-12-24T09:00')
  await page.getByLabel('Date and time').fill('2031-12-25T10:30')
  await expect(page.getByText('Changes not saved yet')).toBeVisible()
  expect((await read(world.api, id)).scheduledAt).toBe('2031-12-24T03:30:00.000Z')
  await step(page, 'Review').click()
  await page.getByRole('button', { name: 'Save the schedule' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Save the schedule' }).click()
  await expect(page.getByText(/“Winter” goes out on/)).toBeVisible()
  expect((await read(world.api, id)).scheduledAt).toBe('2031-12-25T05:00:00.000Z')
})

test('above 1,000 people the number is typed', async ({ console, page, world }) => {
  const { id } = await make(world.api, { name: 'To all', templateId: hello, contactFilter: {} })
  const everyone = { templateId: hello, contactFilter: { everyone: true } }
  const { eligible } = await world.api.call<{ eligible: number }>('POST', '/WhatsappCampaign/preview', everyone)
  const shown = eligible.toLocaleString('en')
  await console.open(`/campaigns/${id}/edit?step=audience`)
  await expect(page.getByRole('region', { name: 'Preview', exact: true })).toContainText('Welcome and congratulations')
  await page.getByText('Everyone', { exact: true }).click()
  await expect(page.getByRole('region', { name: 'Who gets it' })).toContainText(`Get the message${shown}`)
  await step(page, 'Review').click()
  const list = page.getByRole('region', { name: 'Before it goes out' })
  await expect(list.getByRole('listitem').filter({ hasText: 'It goes to everyone' })).toContainText(`${shown} people.`)
  await page.getByRole('button', { name: 'Send now' }).click()
  const dialog = page.getByRole('dialog')
  await expect(dialog.getByRole('button', { name: 'Send now' })).toBeDisabled()
  await dialog.getByLabel(`Type ${eligible} to go on`).fill('130')
  await expect(dialog.getByRole('button', { name: 'Send now' })).toBeDisabled()
  await dialog.getByLabel(`Type ${eligible} to go on`).fill(shown)
  await expect(dialog.getByRole('button', { name: 'Send now' })).toBeEnabled()
  await dialog.getByRole('button', { name: 'Leave it' }).click()
  expect((await read(world.api, id)).status).toBe('Draft')
})

test('what the API refuses is said at its field, and the review leads there', async ({ console, page, world }) => {
  console.expectMessage(/status of 422/)
  const { id } = await make(world.api, { name: 'Unfinished', templateId: spring, contactFilter: { tags: ['VIP'] } })
  await console.open(`/campaigns/${id}/edit?step=review`)
  const warnings = page.getByRole('region', { name: 'Before it goes out' })
  await expect(warnings).toContainText('Without a value: body.1, body.2, button.0.')
  await expect(page.getByRole('button', { name: 'Send now' })).toBeDisabled()
  await console.expectAccessible()
  await warnings.getByRole('button', { name: 'To Message' }).first().click()
  await expect(page).not.toHaveURL(/step=/)
  const variables = page.getByRole('region', { name: 'Variables' })
  await variables.getByRole('combobox', { name: 'Value from' }).first().click()
  await page.getByRole('option', { name: 'Liquid' }).click()
  await variables.getByLabel('Liquid').fill('{{ contact.shoeSize }}')
  await expect(page.getByText(/“contact.shoeSize” is not a contact field/)).toBeVisible()
  await expect(page.getByText(/^Not stored/)).toBeVisible()
  await console.expectAccessible()
  await variables.getByLabel('Liquid').fill('{{ contact.firstName }}')
  await stored(page)
  expect((await read(world.api, id)).variables).toEqual({ 'body.1': '{{ contact.firstName }}' })
})

test('a lost connection is said and made up for; a change by somebody else is not overwritten unseen', async ({ console, page, world }) => {
  console.expectMessage(/ERR_|status of 412/)
  const { id } = await make(world.api, { name: 'Two desks', templateId: hello, contactFilter: { tags: ['VIP'] } })
  await console.open(`/campaigns/${id}/edit`)
  await page.route(`**/WhatsappCampaign/${id}`, (route) => (route.request().method() === 'PUT' ? route.abort() : route.continue()))
  await page.getByLabel('Name of the campaign').fill('Two desks, mine')
  await expect(page.getByText('Not stored: The server cannot be reached')).toBeVisible()
  await page.unroute(`**/WhatsappCampaign/${id}`)
  await page.getByRole('button', { name: 'Try again' }).click()
  await stored(page)

  await world.api.call('PUT', `/WhatsappCampaign/${id}`, { name: 'Two desks, theirs', templateId: hello, contactFilter: { tags: ['New'] } })
  await page.getByLabel('Name of the campaign').fill('Two desks, mine again')
  await expect(page.getByText('Somebody else changed this campaign meanwhile')).toBeVisible()
  await console.expectAccessible()
  expect((await read(world.api, id)).name).toBe('Two desks, theirs')
  await page.getByRole('button', { name: 'Take theirs' }).click()
  await expect(page.getByLabel('Name of the campaign')).toHaveValue('Two desks, theirs')
  await page.getByLabel('Name of the campaign').fill('Agreed')
  await expect.poll(async () => (await read(world.api, id)).name).toBe('Agreed')
  expect((await read(world.api, id)).contactFilter).toEqual({ tags: ['New'] })
})

test('conditions that no field shows are kept, and named; a campaign that was sent cannot be changed', async ({ console, page, world }) => {
  const sent = await make(world.api, { name: 'Sent before', templateId: hello, contactFilter: { tags: ['Returning'] } })
  const { id } = await make(world.api, {
    name: 'Again',
    templateId: hello,
    contactFilter: { campaign: { id: sent.id, outcome: 'NotRead' } },
  })
  await console.open(`/campaigns/${id}/edit?step=audience`)
  await expect(page.getByRole('button', { name: /People of an earlier campaign: not read/ })).toBeVisible()
  await box(page, 'Without anybody tagged').click()
  await page.getByRole('option', { name: /New\b/ }).first().click()
  await page.keyboard.press('Escape')
  await expect
    .poll(async () => (await read(world.api, id)).contactFilter)
    .toEqual({ excludeTags: ['New'], campaign: { id: sent.id, outcome: 'NotRead' } })
  await world.api.call('POST', `/WhatsappCampaign/${sent.id}/cancel`)
  await page.goto(`${console.url}/campaigns/${sent.id}/edit`)
  await expect(page.getByText('A campaign that is “Cancelled” cannot be changed')).toBeVisible()
  await console.expectAccessible()
})

test('the list before it goes out says what stops it, what to know and what is fine, and leads to where it is mended', async ({
  console,
  page,
  world,
}) => {
  const { id } = await make(world.api, {
    name: 'Banner',
    templateId: await templateId(world.api, 'sale_banner'),
    contactFilter: { tags: ['VIP'] },
    variables: { 'body.1': '20%' },
    headerMedia: { link: 'http://127.0.0.1:9/sale.jpg' },
    unknownPolicy: 'resend',
  })
  await console.open(`/campaigns/${id}/edit?step=review`)
  const list = page.getByRole('region', { name: 'Before it goes out' })
  const checks = list.getByRole('listitem')
  await expect(list).toContainText('1 thing stops it.')
  await expect(checks.first()).toContainText('Stops it Some parameters have no value')
  await expect(checks.first()).toContainText('Without a value: body.2.')
  await expect(checks.first()).toContainText('Give each of these parameters a value.')
  const media = checks.filter({ hasText: 'The media cannot be fetched' })
  await expect(media).toContainText('To know')
  await expect(media).toContainText('The connection failed')
  await expect(checks.filter({ hasText: 'Unconfirmed messages' }).getByRole('button', { name: 'To Delivery' })).toBeVisible()
  await expect(checks.filter({ hasText: 'The template is approved' })).toHaveCount(0)
  await list.getByRole('button', { name: /Show what is fine/ }).click()
  await expect(checks.filter({ hasText: 'The template is approved' })).toContainText('Fine')
  await console.expectAccessible()

  // in another language, what was seen is said in it, too: no sentence of the API is left
  await page.evaluate(() => localStorage.setItem('fanfare.language', 'ar'))
  await page.reload()
  const translated = page.getByRole('region', { name: 'قبل أن تُرسل' })
  await expect(translated).toContainText('بلا قيمة: body.2.')
  await translated.getByRole('button', { expanded: false }).click()
  await expect(translated).toContainText('تقيّمه ميتا عاليًا.')
  for (const word of ['Meta', 'parameter', 'people', 'Everybody', 'About']) await expect(translated).not.toContainText(word)
  await console.expectAccessible()
  await page.evaluate(() => localStorage.removeItem('fanfare.language'))
  await page.reload()

  const asked = page.waitForRequest((request) => request.url().endsWith('/WhatsappCampaign/preflight'))
  await list.getByRole('button', { name: 'Look again' }).click()
  await asked
  await checks.first().getByRole('button', { name: 'To Message' }).click()
  await expect(page).not.toHaveURL(/step=/)
  const variables = page.getByRole('region', { name: 'Variables' })
  await variables.getByRole('combobox', { name: 'Value from' }).nth(1).click()
  await page.getByRole('option', { name: 'Liquid' }).click()
  await variables.getByLabel('Liquid').fill('{{ contact.firstName }}')
  await stored(page)
  await step(page, 'Review').click()
  await expect(list).toContainText('Ready to go out.')
  await expect(checks.filter({ hasText: 'Stops it' })).toHaveCount(0)
})
