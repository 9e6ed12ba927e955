import { randomBytes } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, type BrowserContext, chromium, type Page } from '@playwright/test'
import { startEmbeddedPostgres } from '../../../server/src/platform/embedded-postgres.ts'
import { until } from '../api.ts'
import { ensureBrowser } from '../console/browser.ts'
import { campaignOf, importPeople, makeWorld, type SimulatorOptions, templateId, type World } from '../world.ts'
import type { Report } from './report.ts'
import type { Sizes } from './sizes.ts'

const owner = { email: 'owner@example.com', password: randomBytes(16).toString('hex') }

/** The console in Chromium: how soon its first page can be used, and how busy it is beside a campaign at full speed with receipts. */
export async function measureConsole(report: Report, sizes: Sizes): Promise<void> {
  await inBrowser(sizes, { latencyMs: 100, person: { timeScale: 0.1, tap: [{ buttonIndex: 1, share: 0.1 }] } }, async (browser, world) => {
    const context = await signedIn(browser, world)
    await measureFirstPage(report, browser, world, context, 2 * sizes.rounds - 1)
    await measureLive(report, world, await context.newPage(), sizes, 'with receipts and clicks')
  })
  // A number's full rate: receipts would need the cores that the browser has here.
  await inBrowser(sizes, { latencyMs: 100, lean: true, enforcePairRate: false, enforceLimit: false }, async (browser, world) => {
    const context = await signedIn(browser, world)
    await measureLive(report, world, await context.newPage(), sizes, 'without receipts')
  })
}

/** A server with many contacts, its simulator and a browser, for as long as the work takes. */
async function inBrowser(
  sizes: Sizes,
  simulator: SimulatorOptions,
  work: (browser: Browser, world: World) => Promise<void>,
): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'fanfare-bench-console-'))
  chmodSync(dataDir, 0o755)
  const database = await startEmbeddedPostgres({ dataDir })
  const browser = await chromium.launch({ executablePath: ensureBrowser(), args: ['--no-sandbox', '--disable-gpu'] })
  try {
    const world = await makeWorld({
      environment: { DATABASE_URL: database.url, BOOTSTRAP_ADMIN_EMAIL: owner.email, BOOTSTRAP_ADMIN_PASSWORD: owner.password },
      simulator,
    })
    try {
      await importPeople(world.api, sizes.consolePeople)
      await work(browser, world)
    } finally {
      await world.close()
    }
  } finally {
    await browser.close()
    await database.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

async function signedIn(browser: Browser, world: World): Promise<BrowserContext> {
  const context = await browser.newContext()
  const page = await context.newPage()
  await page.goto(world.server().url)
  await page.getByLabel('E-mail').fill(owner.email)
  await page.getByLabel('Password', { exact: true }).fill(owner.password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('navigation').first().waitFor()
  await page.close()
  return context
}

/** From the first byte asked for to a list that can be worked with; nothing in the browser's cache. */
async function measureFirstPage(report: Report, browser: Browser, world: World, signed: BrowserContext, visits: number): Promise<void> {
  await world.api.call('POST', '/WhatsappCampaign', {
    name: 'First',
    templateId: await templateId(world.api, 'hello_world'),
    contactFilter: { everyone: true },
  })
  const times: number[] = []
  for (let visit = 0; visit < visits; visit++) {
    const context = await browser.newContext({ storageState: await signed.storageState() })
    const page = await context.newPage()
    await page.goto(`${world.server().url}/campaigns`, { waitUntil: 'commit' })
    await page.getByRole('link', { name: 'First', exact: true }).click({ trial: true }) // there, still, and nothing before it
    times.push(await page.evaluate(() => performance.now()))
    await context.close()
  }
  const median = times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0
  const shown = times.map((ms) => Math.round(ms)).join(', ')
  report.row({ what: 'first page of the console, cold', value: median / 1_000, unit: 's', goal: { atMost: 1.5 }, note: `ms: ${shown}` })
}

async function measureLive(report: Report, world: World, page: Page, sizes: Sizes, how: string): Promise<void> {
  const { api, simulator, accountId } = world
  simulator.changeNumber(simulator.phoneNumberId, { throughput: 'HIGH' })
  await api.call('POST', `/WhatsappAccount/${accountId}/sync`, {})
  const { id } = await api.call<{ id: string }>('POST', '/WhatsappCampaign', {
    name: 'At full speed',
    templateId: await templateId(api, 'spring_collection'),
    contactFilter: { everyone: true },
    variables: { 'body.1': '{{ contact.firstName }}', 'body.2': '{{ contact.attributes.City }}', 'button.0': 'https://example.com/' },
  })
  await page.goto(`${world.server().url}/campaigns/${id}`)
  await api.call('POST', `/WhatsappCampaign/${id}/quick-run`)
  const sentNow = async () => (await campaignOf(api, id)).funnel.sent
  await until('a campaign under way', sentNow, (sent) => sent > sizes.consolePeople / 20)
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('Performance.enable')
  const busy = async () => {
    const { metrics } = await cdp.send('Performance.getMetrics')
    return metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0
  }
  const before = { at: Date.now(), busy: await busy(), sent: await sentNow() }
  await page.waitForTimeout(sizes.consoleSeconds * 1_000)
  const after = { at: Date.now(), busy: await busy(), sent: await sentNow() }
  const seconds = (after.at - before.at) / 1_000
  const rate = Math.round((after.sent - before.sent) / seconds)
  report.row({
    what: `main thread of a live campaign page, ${how}`,
    value: (100 * (after.busy - before.busy)) / seconds,
    unit: '%',
    goal: { atMost: 20 },
    note: `${rate} messages a second`,
  })
}
