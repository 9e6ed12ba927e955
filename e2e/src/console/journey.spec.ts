import { readFile } from 'node:fs/promises'
import { type Simulator, startSimulator } from '@fanfare/simulator'
import type { Page } from '@playwright/test'
import { testDatabase } from '../../../server/src/platform/test-database.ts'
import { freePort } from '../../../server/src/platform/test-port.ts'
import { type ServerProcess, startServer } from '../server-process.ts'
import { ConsolePage, expect, test } from './console.ts'

/** Everything a new shop does on its first day, on a server that nobody has used before. */
let simulator: Simulator
let server: ServerProcess
let drop: () => Promise<void>
test.beforeAll(async () => {
  const port = String(await freePort())
  const database = await testDatabase({ migrated: false })
  drop = () => database.drop()
  simulator = await startSimulator({
    latencyMs: 5,
    trackedUrlBase: `http://127.0.0.1:${port}/r/`,
    person: { deliver: 1, read: 0.6, failed: [{ code: 131026, share: 0.1 }], tap: [{ buttonIndex: 1, share: 0.5 }], timeScale: 0.01 },
  })
  server = await startServer({
    PORT: port,
    DATABASE_URL: database.url,
    ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
    META_GRAPH_BASE_URL: simulator.url,
    LOG_LEVEL: 'warn',
  })
})
test.afterAll(async () => {
  await server.stop()
  await simulator.close()
  await drop()
})

test.describe.configure({ mode: 'serial' }) // one day, one shop
const PEOPLE = 120
const csv = () => {
  const rows = Array.from({ length: PEOPLE }, (_, n) => `+9198200${String(n).padStart(5, '0')},Person ${n},Pune,Friends`)
  return ['Phone,Name,City,Tags', ...rows, 'not a number,Bo,Pune,Friends', '+919820000000,Again,Pune,Friends', ',Nobody,,Friends'].join(
    '\n',
  )
}
const tile = async (page: Page, name: string) =>
  Number(/\d+/.exec((await page.getByRole('link', { name: new RegExp(`^${name} `) }).innerText()).replaceAll(',', ''))?.[0])

/** On a campaign's own page; answers the question. */
async function sendNow(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Send now' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Send now' }).click()
}

test('from an empty server to a second try with those it failed for', async ({ page }) => {
  test.setTimeout(240_000)
  const console = new ConsolePage(page, server.url)
  console.expectMessage(/status of 401/)

  // first run
  await page.goto(/https?:\/\/\S+\/setup\?token=\S+/.exec(server.output())?.[0] ?? '')
  await page.getByLabel('Your name').fill('Asha Rao')
  await page.getByLabel('E-mail').fill('asha@example.com')
  await page.getByLabel('Password', { exact: true }).fill('a sentence that is long')
  await page.getByLabel('Workspace').fill('Corner Shop')
  await page.getByRole('button', { name: 'Create the account' }).click()
  await expect(page.getByRole('button', { name: /Workspace Corner Shop/ })).toBeVisible()

  // connect the simulator
  await page.getByRole('link', { name: 'Numbers' }).click()
  await page.getByRole('button', { name: 'Connect an account' }).click()
  await page.getByLabel('Name', { exact: true }).fill('Corner Shop')
  await page.getByLabel('WhatsApp Business Account ID').fill(simulator.wabaId)
  await page.getByLabel('Access token', { exact: true }).fill(simulator.accessToken)
  await page.getByLabel('App secret', { exact: true }).fill(simulator.appSecret)
  await page.getByRole('dialog').getByRole('button', { name: 'Connect an account' }).click()
  await expect(page.getByRole('dialog').getByRole('list', { name: 'Checks' }).getByRole('img', { name: 'Works' })).toHaveCount(5)
  await page.getByRole('dialog').getByRole('button', { name: 'Done' }).click()

  // import a file with faults
  await page.getByRole('link', { name: 'Contacts', exact: true }).click()
  await page.getByRole('link', { name: 'Import', exact: true }).first().click()
  await page.getByLabel('File', { exact: true }).setInputFiles({ name: 'friends.csv', mimeType: 'text/csv', buffer: Buffer.from(csv()) })
  await expect(page.getByRole('region', { name: 'Check of the file' })).toContainText('3 rows refused')
  await page.getByRole('button', { name: `Import ${PEOPLE} contacts` }).click()
  await expect(page.getByRole('region', { name: 'Import', exact: true }).getByText('Completed')).toBeVisible()

  // write a campaign, see it, try it on oneself
  await page.getByRole('link', { name: 'Campaigns' }).click()
  await page
    .getByRole('link', { name: /New campaign|Write the first/ })
    .first()
    .click()
  await page.getByLabel('Name of the campaign').fill('Spring, for friends')
  await page.getByRole('button', { name: /spring_collection/ }).click()
  await expect(page).toHaveURL(/\/edit/)
  const variables = page.getByRole('region', { name: 'Variables' })
  await variables.getByRole('combobox', { name: 'Contact field' }).first().click()
  await page.getByRole('option', { name: 'First name' }).click()
  await variables.getByLabel('If there is none').first().fill('there')
  await variables.getByRole('combobox', { name: 'Value from' }).nth(1).click()
  await page.getByRole('option', { name: 'Attribute' }).click()
  await variables
    .getByRole('textbox', { name: 'Attribute' })
    .or(variables.getByRole('combobox', { name: 'Attribute' }))
    .fill('City')
  await variables.getByLabel('Address').fill('https://shop.example.com/spring')
  await page.getByRole('button', { name: 'Next: Audience' }).click()
  await page.getByRole('combobox', { name: 'With any of these tags, or all' }).click()
  await page.getByRole('option', { name: /Friends/ }).click()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('region', { name: 'Who gets it' })).toContainText(`Get the message${PEOPLE}`)
  await expect(page.getByRole('region', { name: 'Preview', exact: true })).toContainText('has arrived in Pune')
  const review = page.getByRole('navigation', { name: 'Steps' }).getByRole('button', { name: 'Review' })
  await review.click()
  await page.getByRole('combobox', { name: 'Phone numbers for the test' }).pressSequentially('+919811111111')
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Send the test' }).click()
  await expect(page.getByRole('table', { name: 'Results of the test' })).toContainText('+919811111111')
  expect(simulator.ledger.summary().accepted).toBe(1)

  // put it on the schedule, then send it at once after all
  await page.getByRole('navigation', { name: 'Steps' }).getByRole('button', { name: 'Delivery' }).click()
  await page.getByRole('radio', { name: 'At a time' }).check()
  await page.getByLabel('Date and time').fill('2031-12-24T09:00')
  await review.click()
  await page.getByRole('button', { name: 'Schedule', exact: true }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Schedule' }).click()
  await expect(page.getByText('Scheduled', { exact: true }).first()).toBeVisible()
  await sendNow(page)

  // watch it
  await expect(page.getByText('Completed', { exact: true }).first()).toBeVisible()
  await simulator.idle()
  const { failed } = simulator.ledger.summary().statuses
  expect(failed).toBeGreaterThan(0)
  await expect.poll(() => tile(page, 'Failed')).toBe(failed)
  await expect.poll(() => tile(page, 'Read')).toBe(simulator.ledger.summary().statuses.read)

  // the people it failed for, and the list as a file
  await page.getByRole('link', { name: /^Failed / }).click()
  const list = page.getByRole('region', { name: 'Deliveries' }).last()
  await expect(list.getByText('Not reachable on WhatsApp').first()).toBeVisible()
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Export CSV' }).click()])
  const exported = (await readFile(await file.path(), 'utf8')).trim().split(/\r?\n/).slice(1)
  const campaign = /campaigns\/([0-9a-f-]{36})/.exec(page.url())?.[1]
  const listed = await page.evaluate(async (id) => {
    const workspace = location.pathname.split('/')[2] ?? ''
    const answer = await fetch(`/api/v1/WhatsappCampaign/${id}/contacts?statusFilter=Failed&pageSize=200`, {
      headers: { 'x-workspace-id': workspace },
    })
    return (await answer.json()) as { items: { phone: string }[] }
  }, campaign)
  expect(exported.map((row) => row.split(',')[0]?.replace(/\D/g, '')).sort()).toEqual(
    listed.items.map(({ phone }) => phone.slice(1)).sort(),
  )

  // who pressed a button
  await page
    .getByRole('link', { name: /^See the people who pressed/ })
    .first()
    .click()
  await expect(page.getByRole('dialog').getByText(/of \d+$/)).toBeVisible()
  await page.keyboard.press('Escape')

  // once more to those it failed for: a linked campaign of exactly them
  await page.getByRole('button', { name: 'Send again' }).click()
  await page.getByRole('button', { name: 'Make the draft' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Spring, for friends (resend: Failed)' })).toBeVisible()
  await sendNow(page)
  await expect(page.getByText('Completed', { exact: true }).first()).toBeVisible()
  const { accepted, doubles } = simulator.ledger.summary()
  expect([accepted, doubles]).toEqual([1 + PEOPLE + (failed ?? 0), 0])
  console.assertQuiet()
})

test('two tabs on one campaign: what one does, the other shows and does not do again', async ({ page, context }) => {
  const console = new ConsolePage(page, server.url)
  console.expectMessage(/status of (401|409)/)
  await page.goto(`${server.url}/campaigns`)
  await console.signIn('asha@example.com', 'a sentence that is long')
  await page.getByRole('link', { name: 'Spring, for friends', exact: true }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Spring, for friends', exact: true })).toBeVisible() // the list has actions of its own
  await page.getByRole('button', { name: /^Actions of/ }).click()
  await page.getByRole('menuitem', { name: 'Duplicate' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Spring, for friends (copy)' })).toBeVisible()
  const id = /campaigns\/([0-9a-f-]{36})/.exec(page.url())?.[1] ?? ''
  const before = simulator.ledger.summary().accepted
  const other = await context.newPage()
  await Promise.all([page.goto(`${server.url}/campaigns/${id}`), other.goto(`${server.url}/campaigns/${id}`)])
  for (const tab of [page, other]) await tab.getByRole('button', { name: 'Send now' }).click()
  await Promise.all([page, other].map((tab) => tab.getByRole('dialog').getByRole('button', { name: 'Send now' }).click()))
  for (const tab of [page, other]) await expect(tab.getByText('Completed', { exact: true }).first()).toBeVisible()
  await simulator.idle()
  const { accepted, doubles } = simulator.ledger.summary()
  expect([accepted - before, doubles]).toEqual([PEOPLE, 0])
  console.assertQuiet()
})
