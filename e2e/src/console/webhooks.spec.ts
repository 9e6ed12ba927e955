import { testReceiver } from '../../../server/src/outgoing/test-receiver.ts'
import { expect, test } from './console.ts'

test.use({ worldOf: 'settings' })

test('a webhook is made, shows its secret once, is tested, fails, is delivered again, and is removed', async ({ console, page }) => {
  test.slow()
  const receiver = await testReceiver()
  try {
    await console.open('/settings/webhooks')
    await expect(page.getByRole('heading', { level: 2, name: 'No webhooks' })).toBeVisible()
    await console.expectAccessible()
    await page.getByRole('button', { name: 'New webhook' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Address').fill(receiver.url)
    await dialog.getByLabel('Description').fill('The shop’s own system')
    await expect(dialog.getByRole('button', { name: 'Create the webhook' })).toBeDisabled()
    await dialog.getByLabel('Campaign completed').check()
    await dialog.getByLabel('Contact opted out').check()
    await console.expectAccessible()
    await page.screenshot({ path: 'test-results/console/webhook-new.png', animations: 'disabled' })
    await dialog.getByRole('button', { name: 'Create the webhook' }).click()
    const secret = page.getByLabel('Signing secret: it is shown this once', { exact: true })
    await expect(secret).toHaveValue(/^whsec_/)
    await console.inEveryLook('webhooks')
    await expect(secret).toHaveCount(0)

    await page.getByRole('link', { name: receiver.url }).click()
    await expect(page.getByRole('heading', { level: 2, name: 'Nothing to tell yet' })).toBeVisible()
    receiver.answer.status = 500
    await page.getByRole('button', { name: 'Send a test' }).click()
    await expect(page.getByText(/^The test failed/)).toBeVisible()
    const log = page.getByRole('region', { name: 'Deliveries', exact: true })
    await expect(log.getByText('Failed')).toBeVisible()
    expect(receiver.received.map(({ body }) => body.type)).toEqual(['webhook.test'])

    receiver.answer.status = 204
    await log.getByRole('button', { name: 'Test' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Deliver it again' }).click()
    await expect(log.getByText('Delivered')).toBeVisible({ timeout: 20_000 })
    expect(receiver.received.map(({ headers }) => headers['webhook-id'])).toEqual(
      Array(2).fill(receiver.received[0]?.headers['webhook-id']),
    )
    await console.inEveryLook('webhook')

    await page.getByRole('button', { name: 'New secret' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'New secret' }).click()
    await expect(secret).toHaveValue(/^whsec_/)
    await page.getByRole('button', { name: 'Change' }).click()
    await dialog.getByRole('switch', { name: 'In use' }).uncheck()
    await dialog.getByRole('button', { name: 'Save' }).click()
    await expect(page.getByText('Off', { exact: true })).toBeVisible()
    await page.getByRole('button', { name: 'Remove' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
    await expect(page.getByRole('heading', { level: 2, name: 'No webhooks' })).toBeVisible()
  } finally {
    await receiver.close()
  }
})
