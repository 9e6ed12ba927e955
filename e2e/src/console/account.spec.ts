import type { Page } from '@playwright/test'
import { codeOf } from '../../../server/src/identity/test-authenticator.ts'
import type { Api } from '../api.ts'
import { type ConsolePage, expect, test } from './console.ts'

test.use({ worldOf: 'team' }) // its people change passwords and second factors

/** A member of the workspace, signed in on this page. */
async function join(page: Page, api: Api, email: string, password: string): Promise<void> {
  const { items } = await api.call<{ items: { id: string; name: string }[] }>('GET', '/Role')
  const roleId = items.find(({ name }) => name === 'Marketer')?.id
  const { link } = await api.call<{ link: string }>('POST', '/Invitation', { email, roleId })
  await page.goto(link)
  await page.getByLabel('Your name').fill('Nila Rao')
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Create the account and join' }).click()
  await expect(page.getByRole('navigation').first()).toBeVisible()
}

async function signedOut(page: Page, console: ConsolePage): Promise<void> {
  await page.getByRole('button', { name: /^Account of/ }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await expect(page.getByRole('button', { name: 'Sign in' })).toBeVisible()
  await page.goto(`${console.url}/settings/account`)
}

test('name and password are changed; other sessions are seen and end', async ({ console, page, world: { api }, browser }) => {
  test.slow()
  console.expectMessage(/status of 4\d\d/)
  await join(page, api, 'nila@example.com', 'the first of her sentences')
  const elsewhere = await (await browser.newContext()).newPage()
  await elsewhere.goto(`${console.url}/settings/account`)
  await elsewhere.getByLabel('E-mail').fill('nila@example.com')
  await elsewhere.getByLabel('Password', { exact: true }).fill('the first of her sentences')
  await elsewhere.getByRole('button', { name: 'Sign in' }).click()
  await expect(elsewhere.getByRole('heading', { level: 1, name: 'Your account' })).toBeVisible()

  await page.goto(`${console.url}/settings/account`)
  const sessions = page.getByRole('list', { name: 'Sessions' })
  await expect(sessions.getByRole('listitem')).toHaveCount(2)
  await expect(sessions.getByText('this one')).toHaveCount(1)
  await console.inEveryLook('account')

  await page.getByLabel('Your name').fill('Nila Menon')
  await page.getByRole('button', { name: 'Save the name' }).click()
  await expect(page.getByRole('button', { name: 'Account of Nila Menon' })).toBeVisible()

  await page.getByLabel('Current password').fill('not the password at all')
  await page.getByLabel('New password').fill('the second of her sentences')
  await page.getByRole('button', { name: 'Change the password' }).click()
  await expect(page.getByText('This is not your password.')).toBeVisible()
  await page.getByLabel('Current password').fill('the first of her sentences')
  await page.getByRole('button', { name: 'Change the password' }).click()
  await expect(page.getByText('The password is changed; your other sessions are ended')).toBeVisible()
  await expect(sessions.getByRole('listitem')).toHaveCount(1)
  await elsewhere.reload()
  await expect(elsewhere.getByRole('button', { name: 'Sign in' })).toBeVisible()
  await elsewhere.context().close()

  await signedOut(page, console)
  await console.signIn('nila@example.com', 'the second of her sentences')
  await expect(page.getByRole('heading', { level: 1, name: 'Your account' })).toBeVisible()
})

test('a second factor: scanned, confirmed by its first code, asked for at sign-in, replaced by a backup code, switched off', async ({
  console,
  page,
  world: { api },
}) => {
  test.slow()
  console.expectMessage(/status of 4\d\d/)
  const password = 'a phone beside a password'
  await join(page, api, 'omar@example.com', password)
  await page.goto(`${console.url}/settings/account`)
  await page.getByRole('button', { name: 'Switch it on' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Password', { exact: true }).fill('not this one')
  await dialog.getByRole('button', { name: 'Go on' }).click()
  await expect(dialog.getByText('This is not your password.')).toBeVisible()
  await dialog.getByLabel('Password', { exact: true }).fill(password)
  await dialog.getByRole('button', { name: 'Go on' }).click()
  await expect(dialog.getByRole('img', { name: 'QR code for your authenticator app' })).toBeVisible()
  const secret = await dialog.getByLabel('Secret', { exact: true }).inputValue()
  const code = (atMs?: number) => codeOf(`otpauth://totp/x?secret=${secret}`, atMs)
  await console.expectAccessible()
  await page.screenshot({ path: 'test-results/console/second-factor.png', animations: 'disabled' })
  await dialog.getByRole('textbox', { name: 'Code' }).fill('000000')
  await dialog.getByRole('button', { name: 'Switch it on' }).click()
  await expect(dialog.getByText('This code is not right, or no longer.')).toBeVisible()
  await dialog.getByRole('textbox', { name: 'Code' }).fill(code())
  await dialog.getByRole('button', { name: 'Switch it on' }).click()
  await expect(page.getByText('The second factor is on')).toBeVisible()
  const codes = page.getByRole('alert').filter({ hasText: 'Backup codes' })
  const [backup = ''] = await codes.locator('code').allInnerTexts()
  expect(backup).not.toBe('')
  await console.expectAccessible()

  await signedOut(page, console)
  await console.signIn('omar@example.com', password)
  await page.getByRole('textbox', { name: 'Code' }).fill(code())
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Your account' })).toBeVisible()

  await signedOut(page, console)
  await console.signIn('omar@example.com', password)
  await page.getByRole('button', { name: 'Use a backup code' }).click()
  await console.expectAccessible()
  await page.getByLabel('Backup code').fill(backup)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Your account' })).toBeVisible()

  await page.getByRole('button', { name: 'Switch it off' }).click()
  await dialog.getByLabel('Password', { exact: true }).fill(password)
  await dialog.getByRole('button', { name: 'Switch it off' }).click()
  await expect(page.getByRole('button', { name: 'Switch it on' })).toBeVisible()
})
