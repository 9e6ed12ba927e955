import { completed, importPeople, templateId } from '../world.ts'
import { expect, test } from './console.ts'

test('a person confirms a campaign, and a program that may run nothing launches it once', async ({ console, page, world }) => {
  test.slow()
  const { api } = world
  await importPeople(api, 20, { from: 9_000 })
  const { id } = await api.call<{ id: string }>('POST', '/WhatsappCampaign', {
    name: 'By a program',
    templateId: await templateId(api, 'hello_world'),
    contactFilter: { everyone: true },
  })
  const { key } = await api.call<{ key: string }>('POST', '/ApiKey', { name: 'Program', permissions: ['WhatsappCampaign:Edit'] })
  const launch = (confirmation: string) =>
    fetch(`${api.baseUrl}/api/v1/WhatsappCampaign/${id}/launch`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ confirmation }),
    })

  await console.open(`/campaigns/${id}`)
  await console.inEveryLook('campaign-draft')
  const dialog = page.getByRole('dialog')
  for (const scheme of ['dark', 'light']) {
    await page.evaluate((wanted) => localStorage.setItem('fanfare.scheme', wanted), scheme)
    await page.reload()
    await page.getByRole('button', { name: 'Let a program launch it' }).click()
    await expect(dialog).toContainText('You confirm the campaign as it stands now')
    for (const [size, width] of [
      ['phone', 390],
      ['desktop', 1440],
    ] as const) {
      await page.setViewportSize({ width, height: 900 })
      await page.screenshot({ path: `test-results/console/confirm-launch-${scheme}-${size}.png`, animations: 'disabled' })
      await console.expectAccessible()
    }
  }
  console.expectMessage(/422 .*confirmation/)
  await dialog.getByLabel('At most so many people').fill('1')
  await dialog.getByRole('button', { name: 'Confirm', exact: true }).click()
  await expect(dialog.getByText('is less than the', { exact: false })).toBeVisible()

  await dialog.getByLabel('At most so many people').fill('')
  await dialog.getByRole('button', { name: 'Confirm', exact: true }).click()
  const token = dialog.getByRole('textbox', { name: 'Confirmation, shown this once' })
  await expect(token).toHaveValue(/^confirm_/)
  await page.screenshot({ path: 'test-results/console/confirm-launch-made.png', animations: 'disabled' })
  await console.expectAccessible()
  const confirmation = await token.inputValue()
  await dialog.getByRole('button', { name: 'I have copied it' }).click()

  expect((await launch(confirmation)).status).toBe(202)
  await completed(api, id)
  expect(((await (await launch(confirmation)).json()) as { code: string }).code).toBe('confirmation-used')
  await expect(page.getByRole('button', { name: 'Let a program launch it' })).toHaveCount(0)
})
