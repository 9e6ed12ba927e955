import { expect, test } from './console.ts'

test.use({ worldOf: 'settings' }) // it disconnects the account

test('an account is connected, says what to paste at Meta, turns green, and is disconnected after a question', async ({
  console,
  page,
  world,
}) => {
  test.slow()
  await world.api.call('DELETE', `/WhatsappAccount/${world.accountId}`)
  await console.open('/settings/numbers')
  await expect(page.getByRole('heading', { level: 2, name: 'No account yet' })).toBeVisible()
  await expect(page.getByText('npm run demo')).toBeVisible()
  await console.expectAccessible()
  await page.screenshot({ path: 'test-results/console/numbers-none.png' })

  await page.getByRole('button', { name: 'Connect an account' }).click()
  await expect(page).toHaveURL(/open=connect/)
  await page.getByLabel('Name', { exact: true }).fill('Corner Shop')
  await page.getByLabel('WhatsApp Business Account ID').fill('letters')
  await page.getByLabel('Access token', { exact: true }).fill(world.simulator.accessToken)
  await page.getByLabel('App secret', { exact: true }).fill(world.simulator.appSecret)
  const verifyToken = await page.getByLabel('Verify token', { exact: true }).inputValue()
  console.expectMessage(/status of 4\d\d/)
  await page.getByRole('dialog').getByRole('button', { name: 'Connect an account' }).click()
  await expect(page.getByLabel('WhatsApp Business Account ID')).toHaveAttribute('aria-invalid', 'true')
  await page.getByLabel('WhatsApp Business Account ID').fill(world.simulator.wabaId)
  await page.getByRole('dialog').getByRole('button', { name: 'Connect an account' }).click()

  const dialog = page.getByRole('dialog')
  await expect(dialog.getByRole('heading', { name: 'One more step at Meta' })).toBeVisible()
  await expect(dialog.getByLabel('Verify token', { exact: true })).toHaveValue(verifyToken)
  await expect(dialog.getByLabel('Callback URL', { exact: true })).toHaveValue(/^http:\/\/127\.0\.0\.1:\d+\/webhooks\//)
  const checks = dialog.getByRole('list', { name: 'Checks' })
  await expect(checks.getByRole('img', { name: 'Works' })).toHaveCount(5)
  await console.expectAccessible()
  await page.screenshot({ path: 'test-results/console/numbers-connected.png', animations: 'disabled' })
  await dialog.getByRole('button', { name: 'Done' }).click()

  const account = page.getByRole('region', { name: 'Corner Shop', exact: true })
  await account
    .getByRole('button', { name: /^Change / })
    .first()
    .click()
  await page.getByRole('dialog').getByLabel('Messages per second').fill('7')
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click()
  await expect(page.getByRole('dialog')).toHaveCount(0)
  await expect(account.getByRole('cell', { name: '7', exact: true })).toBeVisible()
  await console.inEveryLook('numbers')

  await account.getByRole('button', { name: 'Disconnect' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Disconnect' }).click()
  await expect(page.getByRole('heading', { level: 2, name: 'No account yet' })).toBeVisible()
  const { items } = await world.api.call<{ items: unknown[] }>('POST', '/WhatsappAccount/getall', {})
  expect(items).toEqual([])
})

test('an API key is made with chosen permissions, shown once, works for just these, and is revoked', async ({ console, page, request }) => {
  test.slow()
  await console.open('/settings/api-keys')
  await page.getByRole('button', { name: 'New API key' }).first().click()
  const dialog = page.getByRole('dialog')
  await expect(dialog.getByRole('button', { name: 'Create the key' })).toBeDisabled()
  await dialog.getByLabel('Name').fill('Nightly export')
  await dialog.getByRole('group', { name: 'Contacts', exact: true }).getByLabel('View').check()
  await console.expectAccessible()
  await page.screenshot({ path: 'test-results/console/api-key-new.png', animations: 'disabled' })
  await dialog.getByRole('button', { name: 'Create the key' }).click()
  const key = await page.getByLabel('Copy it now: it is shown this once', { exact: true }).inputValue()
  const list = (path: string) =>
    request.post(`${console.url}/api/v1/${path}/getall`, { headers: { authorization: `Bearer ${key}` }, data: {} })
  expect((await list('Contact')).status()).toBe(200)
  expect((await list('WhatsappCampaign')).status()).toBe(403)
  await console.inEveryLook('api-keys')
  await expect(page.getByLabel('Copy it now: it is shown this once', { exact: true })).toHaveCount(0)

  await page.getByRole('button', { name: 'Revoke Nightly export' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click()
  await expect(page.getByRole('button', { name: 'Revoke Nightly export' })).toHaveCount(0)
  expect((await list('Contact')).status()).toBe(401)
})

test('the workspace: what a change means, what is wrong beside its field, and what was changed meanwhile is not lost', async ({
  console,
  page,
  world: { api },
}) => {
  test.slow()
  console.expectMessage(/status of 4\d\d/)
  await console.open('/settings/workspace')
  await console.inEveryLook('workspace')
  await expect(page.getByRole('button', { name: 'Save' })).toBeDisabled()
  await page.getByLabel('Country of numbers without a code').fill('QQ')
  await page.getByRole('switch', { name: 'Limit how often one person gets marketing' }).check()
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByText(/is not an ISO 3166/)).toBeVisible()
  await page.getByLabel('Country of numbers without a code').fill('in')
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByText('The workspace is changed')).toBeVisible()
  const [changed] = (await api.call<{ items: Record<string, unknown>[] }>('GET', '/Workspace')).items
  expect([changed?.defaultCountry, changed?.frequencyCap]).toEqual(['IN', { messages: 2, days: 7 }])

  const { id, createdAt: _, updatedAt: __, ...settings } = changed as { id: string; createdAt: string; updatedAt: string }
  await api.call('PUT', `/Workspace/${id}`, { ...settings, frequencyCap: null, defaultCountry: null })
  await page.getByLabel('Name', { exact: true }).fill('Two at once')
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByRole('main').getByRole('alert')).toBeVisible()
  const [kept] = (await api.call<{ items: Record<string, unknown>[] }>('GET', '/Workspace')).items
  expect([kept?.name, kept?.defaultCountry]).toEqual(['Default', null])
})

test('the audit log tells who did what; what is looked for is in the address', async ({ console, page, world: { api } }) => {
  test.slow()
  await api.call('POST', '/Contact', { phone: '+919830000001', firstName: 'Logged' })
  await console.open('/settings/audit-log')
  await expect(page.getByRole('button', { name: 'Added a contact' }).first()).toBeVisible()
  await console.inEveryLook('audit-log')
  await page.getByRole('combobox', { name: 'About' }).click()
  await page.getByRole('option', { name: 'Contact', exact: true }).click()
  await expect(page).toHaveURL(/object=Contact/)
  await page.getByLabel('To', { exact: true }).fill('2020-01-01')
  await expect(page.getByText('No entry matches')).toBeVisible()
  await page.goBack()
  await page.getByRole('button', { name: 'Added a contact' }).first().click()
  const panel = page.getByRole('dialog')
  await expect(panel).toContainText('API key')
  await expect(panel).not.toContainText('9830000001') // numbers are masked in a log that is kept for good
  await console.expectAccessible()
})
