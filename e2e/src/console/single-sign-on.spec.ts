import { startProvider, type TestProvider } from '../../../server/src/identity/test-provider.ts'
import { freePort } from '../../../server/src/platform/test-port.ts'
import { expect, OWNER, test } from './console.ts'

const port = await freePort()
test.use({
  worldOf: 'single sign-on',
  environment: { OIDC_ISSUER: `http://127.0.0.1:${port}`, OIDC_CLIENT_ID: 'fanfare', OIDC_CLIENT_SECRET: 'shh' },
})

let provider: TestProvider
test.beforeAll(async () => {
  provider = await startProvider(port)
})
test.afterAll(() => provider.stop())

test('single sign-on leads to the page asked for; whom nobody invited is told so', async ({ console, page, world: _ }) => {
  console.expectMessage(/status of 401/)
  provider.state.claims = { sub: 'stranger', email: 'stranger@example.com', email_verified: true, name: 'A stranger' }
  await page.goto(`${console.url}/settings/appearance`)
  const button = page.getByRole('button', { name: 'Sign in with single sign-on' })
  await expect(button).toBeVisible()
  await console.expectAccessible()
  console.expectMessage(new RegExp(`a request left the origin: http://127.0.0.1:${port}/authorize`)) // that is what the button is for
  await button.click()
  await expect(page.getByRole('alert')).toContainText('there is no account and no invitation')

  provider.state.claims = { sub: 'owner', email: OWNER.email, email_verified: true, name: 'The owner' }
  await page.goto(`${console.url}/settings/appearance`)
  await page.getByRole('button', { name: 'Sign in with single sign-on' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Appearance' })).toBeVisible()
})
