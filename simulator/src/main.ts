import { parseArgs } from 'node:util'
import { startSimulator } from './simulator.ts'

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '4010' },
    latency: { type: 'string', default: '100' },
    jitter: { type: 'string', default: '40' },
    seed: { type: 'string', default: '1' },
    lean: { type: 'boolean', default: false },
    'callback-url': { type: 'string' },
    'tracked-url-base': { type: 'string' },
    'ledger-file': { type: 'string' },
    rate: { type: 'string' },
    unlimited: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  console.log(`A local stand-in for the WhatsApp Cloud API.
  --port 4010 --latency 100 --jitter 40 --seed 1   --lean (no receipts, for measuring)
  --callback-url URL   where webhooks go when nothing is subscribed
  --tracked-url-base URL   what tracked URL buttons start with
  --ledger-file FILE   append every request as a JSON line
  --rate N   messages per second of the number   --unlimited (no limit is enforced)`)
  process.exit(0)
}
const simulator = await startSimulator({
  port: Number(values.port),
  latencyMs: Number(values.latency),
  jitterMs: Number(values.jitter),
  seed: Number(values.seed),
  lean: values.lean,
  ...(values.unlimited ? { enforceRate: false, enforcePairRate: false, enforceLimit: false } : {}),
  ...(values['callback-url'] === undefined ? {} : { callbackUrl: values['callback-url'] }),
  ...(values['tracked-url-base'] === undefined ? {} : { trackedUrlBase: values['tracked-url-base'] }),
  ...(values['ledger-file'] === undefined ? {} : { ledgerFile: values['ledger-file'] }),
})
if (values.rate !== undefined) simulator.changeNumber(simulator.phoneNumberId, { ratePerSecond: Number(values.rate), throughput: 'HIGH' })
console.log(`Cloud API simulator on ${simulator.url}
  META_GRAPH_BASE_URL  ${simulator.url}
  WABA id              ${simulator.wabaId}
  phone number id      ${simulator.phoneNumberId}
  access token         ${simulator.accessToken}
  app secret           ${simulator.appSecret}`)
const stop = () => void simulator.close().then(() => process.exit(0))
process.on('SIGTERM', stop)
process.on('SIGINT', stop)
