import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Browser, chromium, type Page } from '@playwright/test'
import { freePort } from '../../../server/src/platform/test-port.ts'
import { until } from '../api.ts'
import { ensureBrowser } from '../console/browser.ts'
import { startServer } from '../server-process.ts'
import { campaignOf } from '../world.ts'
import { type Demo, startDemo } from './start.ts'
import { runSpring } from './stories.ts'

/** `npm run pictures`: every page of the console as the demo shows it, in three looks, into docs/images. Names as arguments choose pages. */
const IMAGES = fileURLToPath(new URL('../../../docs/images/', import.meta.url))
const LOOKS = [
  { look: 'light', scheme: 'light', size: { width: 1440, height: 900 } },
  { look: 'dark', scheme: 'dark', size: { width: 1440, height: 900 } },
  { look: 'phone', scheme: 'light', size: { width: 390, height: 844 } },
] as const

interface Picture {
  readonly name: string
  readonly path: string
  /** Does on the page what the picture needs. */
  readonly prepare?: (page: Page) => Promise<void>
}

const wanted = new Set(process.argv.slice(2))
const isWanted = ({ name }: Picture) => wanted.size === 0 || wanted.has(name)
let running: string | undefined
const say = (line: string) => console.log(line)
const home = mkdtempSync(join(tmpdir(), 'fanfare-pictures-'))
const browser = await chromium.launch({ executablePath: ensureBrowser(), args: ['--no-sandbox', '--disable-gpu'] })
try {
  mkdirSync(IMAGES, { recursive: true })
  await firstRun(browser)
  const demo = await startDemo({ port: String(await freePort()), dataDir: join(home, 'demo'), people: 5_000, say })
  try {
    await invitation(browser, demo)
    for (const { look, scheme, size } of LOOKS) {
      const context = await browser.newContext({ viewport: size, colorScheme: scheme, locale: 'en-GB' })
      const page = await context.newPage()
      await page.goto(demo.url)
      await page.getByRole('button', { name: 'Sign in' }).waitFor()
      await keep(page, 'sign-in', look)
      await page.getByLabel('E-mail').fill(demo.owner.email)
      await page.getByLabel('Password', { exact: true }).fill(demo.owner.password)
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.getByRole('navigation').first().waitFor({ state: 'attached' })
      for (const picture of (await picturesOf(demo)).filter(isWanted)) {
        await page.goto(`${demo.url}${picture.path}`)
        await settled(page)
        if (size.width > 1_200) await page.locator('header [data-tone]').waitFor() // the number that sends comes by a question of its own
        await picture.prepare?.(page)
        await keep(page, picture.name, look)
      }
      await context.close()
    }
  } finally {
    await demo.close()
  }
} finally {
  await browser.close()
  rmSync(home, { recursive: true, force: true })
}

/** The pages, at the ids of this demo. */
async function picturesOf(demo: Demo): Promise<Picture[]> {
  const { api } = demo
  const { items: campaigns } = await api.call<{ items: { id: string; name: string }[] }>('POST', '/WhatsappCampaign/getall', {
    pageSize: 50,
  })
  const campaign = (name: string) => `/campaigns/${campaigns.find((one) => one.name === name)?.id}`
  if (running === undefined) {
    running = await runSpring(demo, 40)
    await until(
      'a campaign half way',
      () => campaignOf(api, running ?? ''),
      ({ counts }) => counts.read > 300,
    )
  }
  const vip = campaign('Spring preview for VIPs')
  const draft = `${campaign('Monsoon sale')}/edit`
  const { items: failed } = await api.call<{ items: { contactId: string; status: string }[] }>(
    'GET',
    `/WhatsappCampaign/${vip.split('/')[2]}/contacts?statusFilter=Failed`,
  )
  const { items: templates } = await api.call<{ items: { id: string; name: string }[] }>('POST', '/WhatsappTemplate/getall', {
    pageSize: 50,
  })
  const spring = templates.find(({ name }) => name === 'spring_collection')?.id
  const { items: imports } = await api.call<{ items: { id: string; fileName: string }[] }>('GET', '/Contact/import')
  const { items: segments } = await api.call<{ items: { id: string }[] }>('POST', '/Segment/getall', {})
  const { items: experiments } = await api.call<{ items: { id: string }[] }>('POST', '/Experiment/getall', {})
  const { items: endpoints } = await api.call<{ items: { id: string }[] }>('POST', '/WebhookEndpoint/getall', {})
  const [someone] = failed
  /** The phone of the editor shows a person of the audience. */
  const people = (page: Page) => page.getByText(/^1\/\d+/).waitFor({ state: 'attached' })
  return [
    { name: 'dashboard', path: '/dashboard' },
    { name: 'campaigns', path: '/campaigns' },
    { name: 'campaign-running', path: `/campaigns/${running}` },
    { name: 'campaign-completed', path: vip },
    {
      name: 'campaign-failed-people',
      path: `${vip}?status=Failed`,
      prepare: (page) => page.getByRole('searchbox').or(page.getByPlaceholder('Search by name or phone')).first().scrollIntoViewIfNeeded(),
    },
    { name: 'campaign-recipient', path: `${vip}?recipient=${someone?.contactId}` },
    {
      name: 'campaign-cancel',
      path: `/campaigns/${running}`,
      prepare: async (page) => {
        await page.getByRole('button', { name: 'Cancel the campaign' }).click()
        await page.getByRole('dialog').waitFor()
      },
    },
    { name: 'campaign-unconfirmed', path: campaign('How was your order?') },
    { name: 'campaign-held', path: campaign('Weekend sale') },
    { name: 'editor-message', path: `${draft}?step=message`, prepare: people },
    { name: 'editor-audience', path: `${draft}?step=audience`, prepare: people },
    { name: 'editor-delivery', path: `${draft}?step=delivery`, prepare: people },
    { name: 'editor-review', path: `${draft}?step=review`, prepare: people },
    { name: 'contacts', path: '/contacts' },
    { name: 'contact', path: `/contacts/${someone?.contactId}` },
    {
      name: 'contacts-import',
      path: '/contacts/import',
      prepare: async (page) => {
        const rows = 'Tel,Name,City\n+919811100007,Ada Rao,Pune\n12,Bo Chen,Pune\n+919811100008,Cy Nair,Delhi\n'
        await page.locator('input[type=file]').setInputFiles({ name: 'people.csv', mimeType: 'text/csv', buffer: Buffer.from(rows) })
        await page.getByText('Would be created').waitFor()
      },
    },
    { name: 'contacts-import-done', path: `/contacts/imports/${imports.find(({ fileName }) => fileName === 'pilot-group.csv')?.id}` },
    { name: 'recurring', path: '/recurring' },
    { name: 'experiments', path: '/experiments' },
    { name: 'experiment', path: `/experiments/${experiments[0]?.id}` },
    { name: 'segments', path: '/segments' },
    { name: 'segment', path: `/segments/${segments[0]?.id}` },
    { name: 'templates', path: '/templates' },
    { name: 'template', path: `/templates/${spring}` },
    { name: 'template-new', path: '/templates/new' },
    { name: 'consent', path: '/consent' },
    { name: 'consent-topics', path: '/consent?tab=topics' },
    { name: 'consent-words', path: '/consent?tab=words' },
    { name: 'suppressions', path: '/suppressions' },
    { name: 'numbers', path: '/settings/numbers' },
    { name: 'team', path: '/settings/team' },
    { name: 'team-invitations', path: '/settings/team?tab=invitations' },
    { name: 'team-roles', path: '/settings/team?tab=roles' },
    { name: 'api-keys', path: '/settings/api-keys' },
    { name: 'webhooks', path: '/settings/webhooks' },
    { name: 'webhook', path: `/settings/webhooks/${endpoints[0]?.id}` },
    { name: 'workspace', path: '/settings/workspace' },
    { name: 'audit-log', path: '/settings/audit-log' },
    { name: 'account', path: '/settings/account' },
    { name: 'appearance', path: '/settings/appearance' },
  ]
}

/** A server that nobody owns yet, at the link that its log shows once. */
async function firstRun(browser: Browser): Promise<void> {
  if (!isWanted({ name: 'first-run', path: '' })) return
  const server = await startServer({ DATA_DIR: join(home, 'first-run') }, { readyWithinMs: 120_000 })
  try {
    const link = await until(
      'the link of the first owner',
      async () => /https?:\/\/\S+\/setup\?token=\S+/.exec(server.output())?.[0] ?? '',
      (found) => found !== '',
    )
    for (const { look, scheme, size } of LOOKS) {
      const page = await browser.newPage({ viewport: size, colorScheme: scheme })
      await page.goto(link)
      await settled(page)
      await keep(page, 'first-run', look)
      await page.close()
    }
  } finally {
    await server.stop()
  }
}

/** What somebody sees who opens the link of an invitation. */
async function invitation(browser: Browser, { api }: Demo): Promise<void> {
  if (!isWanted({ name: 'invitation', path: '' })) return
  const { items } = await api.call<{ items: { id: string; name: string }[] }>('GET', '/Role')
  const roleId = items.find(({ name }) => name === 'Marketer')?.id
  const { link } = await api.call<{ link: string }>('POST', '/Invitation', { email: 'meera.iyer@example.com', roleId })
  for (const { look, scheme, size } of LOOKS) {
    const page = await browser.newPage({ viewport: size, colorScheme: scheme })
    await page.goto(link)
    await settled(page)
    await keep(page, 'invitation', look)
    await page.close()
  }
}

async function settled(page: Page): Promise<void> {
  await page.getByRole('heading', { level: 1 }).waitFor()
  await page.waitForFunction(() => document.querySelector('[aria-busy=true], .mantine-Skeleton-root') === null)
  await page.getByText('Looking for people').waitFor({ state: 'hidden' })
}

async function keep(page: Page, name: string, look: string): Promise<void> {
  await page.evaluate(() => document.fonts.ready)
  await page.screenshot({ path: join(IMAGES, `${name}-${look}.png`), animations: 'disabled' })
  say(`${name} ${look}`)
}
