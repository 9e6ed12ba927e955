import { resolve } from 'node:path'
import { until } from '../api.ts'
import { campaignOf } from '../world.ts'
import { progressLine, report } from './progress.ts'
import { startDemo } from './start.ts'
import { runSpring } from './stories.ts'

/**
 * `npm run demo`: the product on the embedded database with the simulator as its Cloud API, 5,000 people, a campaign in every status and one
 * on its way. `DEMO_PEOPLE` makes more, `DEMO_RATE` sets the messages per second of the running one, and with `DEMO_EXIT=1` it ends
 * when that is done.
 */
const isTerminal = process.stdout.isTTY === true
const say = (text = '') => process.stdout.write(`${text}\n`)

say('Fanfare demo: embedded PostgreSQL, a simulated WhatsApp Cloud API, sample people. Nothing leaves this machine.')
const demo = await startDemo({
  port: process.env.PORT ?? '3000',
  simulatorPort: Number(process.env.SIMULATOR_PORT ?? 0),
  dataDir: resolve(process.env.DATA_DIR ?? 'data/demo'),
  people: Number(process.env.DEMO_PEOPLE ?? 5_000),
  say,
}).catch((error: Error) => {
  console.error(error.message)
  process.exit(1)
})
const { api, simulator, url, owner } = demo

let isEnding = false
async function end(): Promise<void> {
  if (isEnding) return
  isEnding = true
  say('\nStopping …')
  process.exit((await demo.close()) ?? 1)
}
process.on('SIGTERM', () => void end())
process.on('SIGINT', () => void end())

const rate = process.env.DEMO_RATE === undefined ? 12 : Number(process.env.DEMO_RATE)
const id = await runSpring(demo, rate)
say('\nOpen the console and look around; a campaign is running.\n')
say(`  Console      ${url}   ${owner.email}   ${owner.password}`)
say(`  API page     ${url}/docs`)
say(`  Simulator    ${simulator.url}`)
say(`  API key      ${api.key}\n`)

const draw = (line: string) => (isTerminal ? process.stdout.write(`\r\u001b[2K${line}`) : say(line))
const final = await until(
  'the campaign to settle',
  async () => {
    const now = await campaignOf(api, id)
    draw(progressLine(now, new Date()))
    return now
  },
  ({ status }) => status !== 'Running',
  24 * 3_600_000,
  isTerminal ? 250 : 2_000,
)
say(`\n\nDispatch is ${final.status}. Receipts, clicks and replies keep coming in …`)
await simulator.idle()
let settled = await campaignOf(api, id)
for (let before = ''; before !== JSON.stringify(settled.funnel) && !isEnding; ) {
  before = JSON.stringify(settled.funnel)
  await new Promise((resolve) => setTimeout(resolve, 1_000)) // what the simulator delivered is being taken in
  settled = await campaignOf(api, id)
  draw(progressLine(settled, new Date()))
}
const ledger = simulator.ledger.summary()
say(`\n\n${report(settled, ledger.accepted, ledger.doubles)}\n`)
say('Everything keeps running: explore it, Ctrl-C ends it.\n')
say(`  curl -H 'Authorization: Bearer ${api.key}' ${url}/api/v1/WhatsappCampaign/${id}`)
say(`  curl -H 'Authorization: Bearer ${api.key}' '${url}/api/v1/WhatsappCampaign/${id}/contacts?statusFilter=Failed'`)
say(`  curl -H 'Authorization: Bearer ${api.key}' ${url}/api/v1/WhatsappCampaign/${id}/button-clicks`)
if (process.env.DEMO_EXIT === '1') await end()
