import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { startSimulator } from '@fanfare/simulator'
import { makeApi, until } from '../api.ts'
import { startServer } from '../server-process.ts'
import { campaignOf, connectAccount, importPeople, templateId } from '../world.ts'
import { progressLine, report } from './progress.ts'

/** `npm run demo`: the product on the embedded database with the simulator as its Cloud API, 5,000 people and a campaign on its way. */
const PEOPLE = Number(process.env.DEMO_PEOPLE ?? 5_000)
const port = process.env.PORT ?? '3000'
const publicUrl = `http://127.0.0.1:${port}`
const dataDir = resolve(process.env.DATA_DIR ?? 'data/demo')
const isTerminal = process.stdout.isTTY === true
const say = (text = '') => process.stdout.write(`${text}\n`)

mkdirSync(dataDir, { recursive: true })
const keyFile = `${dataDir}/demo-key`
if (!existsSync(keyFile)) writeFileSync(keyFile, `demo_${randomBytes(32).toString('base64url')}`, { mode: 0o600 })
const key = readFileSync(keyFile, 'utf8').trim()
/** Who may sign in to the demo's console: the password is part of its key, so that it stays the same as long as the data. */
const owner = { email: 'demo@example.com', password: key.slice(-20) }

say('Fanfare demo: embedded PostgreSQL, a simulated WhatsApp Cloud API, sample people. Nothing leaves this machine.')
const simulator = await startSimulator({
  port: Number(process.env.SIMULATOR_PORT ?? 0),
  latencyMs: 100,
  jitterMs: 40,
  trackedUrlBase: `${publicUrl}/r/`,
  person: {
    deliver: 0.97,
    read: 0.72,
    failed: [
      { code: 131026, share: 0.012 },
      { code: 131049, share: 0.008 },
    ],
    tap: [
      { buttonIndex: 0, share: 0.12 },
      { buttonIndex: 1, share: 0.05 },
    ],
    openLink: 0.1,
    replyShare: 0.03,
    stopShare: 0.004,
    timeScale: 1,
  },
})
const server = await startServer(
  {
    DATA_DIR: dataDir,
    BOOTSTRAP_API_KEY: key,
    BOOTSTRAP_ADMIN_EMAIL: owner.email,
    BOOTSTRAP_ADMIN_PASSWORD: owner.password,
    META_GRAPH_BASE_URL: simulator.url,
    LOG_LEVEL: process.env.LOG_LEVEL ?? 'warn',
    PORT: port,
    PUBLIC_URL: publicUrl,
  },
  { readyWithinMs: 120_000 },
).catch(async (error: Error) => {
  await simulator.close()
  console.error(error.message)
  process.exit(1)
})

let isEnding = false
async function end(): Promise<void> {
  if (isEnding) return
  isEnding = true
  say('\nStopping …')
  const code = await server.stop()
  await simulator.close()
  process.exit(code ?? 1)
}
process.on('SIGTERM', () => void end())
process.on('SIGINT', () => void end())

const api = makeApi(publicUrl, key)
await connectAccount(api, simulator)
const { totalCount } = await api.call<{ totalCount: number }>('POST', '/Contact/getall', { pageSize: 1 })
if (totalCount < PEOPLE) {
  say(`Importing ${PEOPLE} sample contacts from CSV …`)
  await importPeople(api, PEOPLE)
}
const campaign = await api.call<{ id: string; name: string }>('POST', '/WhatsappCampaign', {
  name: `Spring collection ${new Date().toISOString().slice(0, 16).replace('T', ' ')}`,
  templateId: await templateId(api, 'spring_collection'),
  contactFilter: { everyone: true },
  variables: {
    'body.1': "{{ contact.firstName | default: 'there' }}",
    'body.2': "{{ contact.attributes.City | default: 'your city' }}",
    'button.0': 'https://example.com/spring?from=whatsapp',
  },
})
await api.call('POST', `/WhatsappCampaign/${campaign.id}/quick-run`)
say(`Campaign “${campaign.name}” is running.\n`)

const draw = (line: string) => (isTerminal ? process.stdout.write(`\r\u001b[2K${line}`) : say(line))
const final = await until(
  'the campaign to settle',
  async () => {
    const now = await campaignOf(api, campaign.id)
    draw(progressLine(now, new Date()))
    return now
  },
  ({ status }) => status !== 'Running',
  30 * 60_000,
  isTerminal ? 250 : 2_000,
)
say(`\n\nDispatch is ${final.status}. Receipts, clicks and replies keep coming in …`)
await simulator.idle()
const settled = await until(
  'the last receipts',
  async () => {
    const now = await campaignOf(api, campaign.id)
    draw(progressLine(now, new Date()))
    return now
  },
  ({ funnel, counts }) => {
    const { statuses } = simulator.ledger.summary()
    return (funnel.read >= statuses.read && counts.failed >= statuses.failed) || isEnding
  },
  60_000,
  500,
).catch(() => campaignOf(api, campaign.id))
const ledger = simulator.ledger.summary()
say(`\n\n${report(settled, ledger.accepted, ledger.doubles)}\n`)
say('Everything keeps running: explore it, Ctrl-C ends it.\n')
say(`  Console      ${publicUrl}   ${owner.email}   ${owner.password}`)
say(`  API page     ${publicUrl}/docs`)
say(`  Simulator    ${simulator.url}`)
say(`  API key      ${key}\n`)
say(`  curl -H 'Authorization: Bearer ${key}' ${publicUrl}/api/v1/WhatsappCampaign/${campaign.id}`)
say(`  curl -H 'Authorization: Bearer ${key}' '${publicUrl}/api/v1/WhatsappCampaign/${campaign.id}/contacts?statusFilter=Failed'`)
say(`  curl -H 'Authorization: Bearer ${key}' ${publicUrl}/api/v1/WhatsappCampaign/${campaign.id}/button-clicks`)
if (process.env.DEMO_EXIT === '1') await end()
