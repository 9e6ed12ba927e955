import { AxeBuilder } from '@axe-core/playwright'
import { test as base, expect, type Page } from '@playwright/test'
import { testDatabase } from '../../../server/src/platform/test-database.ts'
import { makeWorld, type World } from '../world.ts'

export { expect } from '@playwright/test'

export const OWNER = { email: 'owner@example.com', password: 'a long enough sentence' }

interface WorldOptions {
  readonly worldOf: string
  readonly environment: Record<string, string>
  readonly world: World
}

/** A server with its owner, the simulator it sends to, and a browser that watches itself. */
export const test = base.extend<{ readonly console: ConsolePage }, WorldOptions>({
  /** Specs share a world; one that changes what the others stand on names its own by `test.use({ worldOf: … })`. */
  worldOf: ['all', { option: true, scope: 'worker' }],
  /** Settings of a world's server beside the usual ones; name a world of its own with them. */
  environment: [{}, { option: true, scope: 'worker' }],
  world: [
    async ({ worldOf: _, environment }, use) => {
      const database = await testDatabase({ migrated: false })
      const world = await makeWorld({
        environment: {
          DATABASE_URL: database.url,
          BOOTSTRAP_ADMIN_EMAIL: OWNER.email,
          BOOTSTRAP_ADMIN_PASSWORD: OWNER.password,
          ALLOW_PRIVATE_WEBHOOKS: 'true',
          ...environment,
        },
        simulator: {
          latencyMs: 5,
          person: {
            deliver: 0.95,
            read: 0.7,
            failed: [{ code: 131026, share: 0.05 }],
            tap: [{ buttonIndex: 1, share: 0.3 }],
            replyShare: 0.1,
            timeScale: 0.01,
          },
          wabas: [],
        },
      })
      await use(world)
      await world.close()
      await database.drop()
    },
    { scope: 'worker', timeout: 120_000 },
  ],
  console: async ({ page, world }, use) => {
    const watched = new ConsolePage(page, world.server().url)
    await use(watched)
    watched.assertQuiet()
  },
})

/** One browser page on the console, with everything that must hold on every page. */
export class ConsolePage {
  readonly page: Page
  readonly url: string
  readonly #faults: string[] = []
  readonly #expected: RegExp[] = []

  constructor(page: Page, url: string) {
    this.page = page
    this.url = url
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning')
        this.#faults.push(`${message.type()}: ${message.text()} ${message.location().url}`)
    })
    page.on('pageerror', (error) => this.#faults.push(`uncaught: ${error.message}`))
    page.on('request', (request) => {
      const { origin, protocol } = new URL(request.url())
      if (protocol.startsWith('http') && origin !== url) this.#faults.push(`a request left the origin: ${request.url()}`)
    })
  }

  /** A console message that the test provokes, such as the browser's note of a 401. */
  expectMessage(pattern: RegExp): void {
    this.#expected.push(pattern)
  }

  /** No error or warning in the browser's console, no uncaught fault, no request to another origin. */
  assertQuiet(): void {
    expect(this.#faults.filter((fault) => !this.#expected.some((pattern) => pattern.test(fault)))).toEqual([])
  }

  /** Opens a path of the console, signing in when it asks. */
  async open(path: string): Promise<void> {
    this.expectMessage(/status of 401/) // how the browser notes that nobody is signed in yet
    await this.page.goto(`${this.url}${path}`)
    const signIn = this.page.getByRole('button', { name: 'Sign in' })
    await expect(signIn.or(this.page.getByRole('navigation').first())).toBeVisible()
    if (await signIn.isVisible()) await this.signIn(OWNER.email, OWNER.password)
    await expect(this.page.getByRole('navigation').first()).toBeAttached()
  }

  async signIn(email: string, password: string): Promise<void> {
    await this.page.getByLabel('E-mail').fill(email)
    await this.page.getByLabel('Password', { exact: true }).fill(password)
    await this.page.getByRole('button', { name: 'Sign in' }).click()
  }

  /** No violation of WCAG 2.2 AA as it stands now. */
  async expectAccessible(): Promise<void> {
    await expect(this.page.getByRole('heading', { level: 1, includeHidden: true })).toBeAttached()
    await this.page.evaluate(() =>
      Promise.all(
        document
          .getAnimations()
          .filter((one) => one.effect?.getComputedTiming().iterations !== Infinity)
          .map((one) => one.finished.catch(() => {})),
      ),
    )
    await this.page.mouse.move(0, 0) // a tooltip stands outside the landmarks, as its library puts it
    await expect(this.page.getByRole('tooltip')).toHaveCount(0)
    const { violations } = await new AxeBuilder({ page: this.page })
      .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
      .analyze()
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(' | ')}`)).toEqual([])
  }

  /**
   * Shows the page in every look, checks each with axe and for sideways scrolling, and keeps a picture of it.
   * @param name of the pictures, `test-results/console/<name>-<look>.png`
   */
  async inEveryLook(name: string): Promise<void> {
    for (const look of LOOKS) {
      await this.page.setViewportSize(look.size)
      await this.page.evaluate(({ scheme, language }) => {
        localStorage.setItem('fanfare.scheme', scheme)
        localStorage.setItem('fanfare.language', language)
      }, look)
      await this.page.reload()
      await expect(this.page.locator('html')).toHaveAttribute('dir', look.language === 'ar' ? 'rtl' : 'ltr')
      await expect(this.page.locator('h1')).toBeVisible() // below an open dialog it has no role
      await expect(this.page.locator('[aria-busy=true]')).toHaveCount(0)
      await this.page.evaluate(() => document.fonts.ready)
      await this.page.screenshot({ path: `test-results/console/${name}-${look.name}.png`, animations: 'disabled' })
      await this.expectAccessible()
      expect(await this.page.evaluate(widerThanThePage), `${name} ${look.name} scrolls sideways`).toEqual([])
    }
    await this.page.evaluate(() => localStorage.clear())
    await this.page.setViewportSize(DESKTOP)
    await this.page.reload()
  }
}

const DESKTOP = { width: 1440, height: 1000 }
const PHONE = { width: 390, height: 844 }
const LOOKS = [
  { name: 'light', size: DESKTOP, scheme: 'light', language: 'en' },
  { name: 'dark', size: DESKTOP, scheme: 'dark', language: 'en' },
  { name: 'phone', size: PHONE, scheme: 'light', language: 'en' },
  { name: 'phone-320', size: { width: 320, height: 640 }, scheme: 'dark', language: 'en' },
  { name: 'rtl', size: DESKTOP, scheme: 'light', language: 'ar' },
  { name: 'rtl-phone', size: PHONE, scheme: 'dark', language: 'ar' },
] as const

/** Runs in the page: what makes it scroll sideways, innermost first: without it, the page would fit. */
function widerThanThePage(): string[] {
  const { documentElement } = document
  const fits = () => documentElement.scrollWidth <= documentElement.clientWidth
  if (fits()) return []
  const fitsWithout = (element: HTMLElement) => {
    const { display } = element.style
    element.style.setProperty('display', 'none', 'important')
    const found = fits()
    element.style.display = display
    return found
  }
  return [...document.body.querySelectorAll<HTMLElement>('*')]
    .filter(fitsWithout)
    .reverse()
    .map((element) => element.outerHTML.slice(0, 200))
}
