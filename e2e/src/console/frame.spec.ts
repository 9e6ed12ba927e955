import { testDatabase } from '../../../server/src/platform/test-database.ts'
import { until } from '../api.ts'
import { startServer } from '../server-process.ts'
import { ConsolePage, expect, OWNER, test } from './console.ts'

test('a wrong password is refused without saying what was wrong, the right one leads to the page asked for', async ({ console, page }) => {
  console.expectMessage(/status of 401/)
  await page.goto(`${console.url}/settings/appearance`)
  await console.expectAccessible()
  await console.signIn(OWNER.email, 'not the password')
  await expect(page.getByRole('alert')).toHaveText('This e-mail and password do not belong together.')
  await console.signIn(OWNER.email, OWNER.password)
  await expect(page.getByRole('heading', { level: 1, name: 'Appearance' })).toBeVisible()
  await expect(page).toHaveURL(/\/w\/[0-9a-f-]{36}\/settings\/appearance$/)
})

test('the sign-in page, in every look', async ({ console, page }) => {
  test.slow()
  console.expectMessage(/status of 401/)
  await page.goto(`${console.url}/campaigns`)
  await console.inEveryLook('sign-in')
})

test('signing out ends the session and leaves nothing to go back to', async ({ console, page }) => {
  await console.open('/campaigns')
  await page.getByRole('link', { name: 'Appearance' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Appearance' })).toBeVisible()
  await page.getByRole('button', { name: /^Account of/ }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await expect(page.getByRole('button', { name: 'Sign in' })).toBeVisible()
  await page.goBack()
  await expect(page).toHaveURL(/\/campaigns$/)
  await expect(page.getByRole('button', { name: 'Sign in' })).toBeVisible()
})

test('an address without a page, and one of a workspace that is not ours, say so', async ({ console, page }) => {
  await console.open('/nowhere')
  await expect(page.getByRole('heading', { level: 1, name: 'Not found' })).toBeVisible()
  await console.expectAccessible()
  await page.goto(`${console.url}/w/01890a5d-ac96-774b-bcce-b302099a8057/campaigns`)
  await expect(page.getByRole('heading', { level: 1, name: 'No such workspace' })).toBeVisible()
  await console.expectAccessible()
})

test('the palette opens by the keyboard and leads to every area', async ({ console, page }) => {
  await console.open('/campaigns')
  await expect(page.getByRole('heading', { level: 1, name: 'Campaigns' })).toBeVisible()
  await page.keyboard.press('Control+k')
  await page.getByRole('dialog', { name: 'Search' }).getByRole('textbox').fill('appear')
  await console.expectAccessible()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('heading', { level: 1, name: 'Appearance' })).toBeVisible()
})

test('the appearance page, in every look', async ({ console }) => {
  test.slow()
  await console.open('/settings/appearance')
  await console.inEveryLook('appearance')
})

test('the language is changed without a reload, and the page turns around', async ({ console, page }) => {
  await console.open('/settings/appearance')
  await page.getByRole('radio', { name: 'العربية' }).click()
  await expect(page.locator('html')).toHaveAttribute('dir', 'rtl')
  await expect(page.getByRole('heading', { level: 1, name: 'المظهر' })).toBeVisible()
})

test('first run: the address from the log makes the owner, once', async ({ page }) => {
  test.slow()
  const database = await testDatabase({ migrated: false })
  const server = await startServer({
    DATABASE_URL: database.url,
    ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
    LOG_LEVEL: 'warn',
  })
  try {
    const console = new ConsolePage(page, server.url)
    console.expectMessage(/status of (401|422)/)
    const link = () => /https?:\/\/\S+\/setup\?token=\S+/.exec(server.output())?.[0] ?? ''
    const address = await until(
      'the set-up link',
      async () => link(),
      (found) => found !== '',
    )
    await page.goto(address)
    await expect(page.getByRole('heading', { level: 1, name: 'Welcome to Fanfare' })).toBeVisible()
    await console.inEveryLook('setup')
    await page.getByLabel('Your name').fill('Asha Rao')
    await page.getByLabel('E-mail').fill('asha@example.com')
    await page.getByLabel('Password', { exact: true }).fill('short')
    await page.getByLabel('Workspace').fill('Corner Shop')
    await page.getByRole('button', { name: 'Create the account' }).click()
    await expect(page.getByLabel('Password', { exact: true })).toHaveAttribute('aria-invalid', 'true')
    await page.getByLabel('Password', { exact: true }).fill('a sentence that is long')
    await page.getByRole('button', { name: 'Create the account' }).click()
    await expect(page.getByRole('heading', { level: 1, name: 'Dashboard' })).toBeVisible()
    await expect(page.getByRole('button', { name: /Workspace Corner Shop/ })).toBeVisible()
    await page.goto(address)
    await expect(page.getByRole('heading', { level: 1, name: 'Fanfare is set up' })).toBeVisible()
    console.assertQuiet()
  } finally {
    await server.stop()
    await database.drop()
  }
})
