import { expect, test } from './console.ts'

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
