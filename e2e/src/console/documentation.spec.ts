import { expect, test } from './console.ts'

const LOOKS = [
  { name: 'light', size: { width: 1440, height: 1000 }, scheme: 'light' },
  { name: 'dark', size: { width: 1440, height: 1000 }, scheme: 'dark' },
  { name: 'phone', size: { width: 390, height: 844 }, scheme: 'light' },
  { name: 'phone-dark', size: { width: 390, height: 844 }, scheme: 'dark' },
] as const

for (const { name, size, scheme } of LOOKS)
  test(`pages of the documentation, ${name}`, async ({ console, page }) => {
    await page.setViewportSize(size)
    await page.emulateMedia({ colorScheme: scheme })
    for (const slug of ['start', 'readme', 'api-guide', 'delivery', 'console', 'scaling', 'decisions/0001-stack']) {
      await page.goto(`${console.url}/docs/${slug}`)
      await console.expectAccessible()
      const beyond = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
      expect(beyond, `${slug} scrolls sideways`).toBeLessThanOrEqual(0)
      await page.screenshot({ path: `test-results/console/documentation-${slug.replace('/', '-')}-${name}.png` })
    }
  })

test('from the API page to the guide, through the side list, to the next page and back to the API', async ({ console, page }) => {
  await page.goto(`${console.url}/docs`)
  await page.getByRole('navigation', { name: 'Documentation' }).getByRole('link', { name: 'Guide' }).click()
  await expect(page).toHaveURL(/\/docs\/\w+/)
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Delivery promises' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('What Fanfare promises about delivery, and how it is proven')
  await page.getByRole('navigation', { name: 'Before and next' }).getByRole('link').last().click()
  await expect(page).toHaveURL(/\/docs\/security$/)
  await page.getByRole('navigation', { name: 'Documentation' }).getByRole('link', { name: 'API' }).click()
  await expect(page).toHaveURL(/\/docs$/)
  await expect(page.getByRole('heading', { level: 1, name: 'Fanfare' })).toBeVisible()
  await page.screenshot({ path: 'test-results/console/documentation-api.png' })
})

test('on a phone all pages open from the top', async ({ console, page }) => {
  await page.setViewportSize({ width: 390, height: 844 })
  await page.goto(`${console.url}/docs/delivery`)
  await page.getByText('All pages').click()
  await page.screenshot({ path: 'test-results/console/documentation-menu-phone.png' })
  await console.expectAccessible()
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Consent' }).click()
  await expect(page).toHaveURL(/\/docs\/consent$/)
})
