import { Pool } from 'undici'

/**
 * What sending costs without anything that makes it safe: a loop over undici with so many requests under way, no intent, no record. With
 * `perSecond` it starts them at that pace. Prints how many answers came in a second, and the CPU each took.
 * Arguments: JSON { url, path, token, connections, messages, perSecond? }.
 */
const { url, path, token, connections, messages, perSecond } = JSON.parse(process.argv[2] ?? '{}') as {
  readonly url: string
  readonly path: string
  readonly token: string
  readonly connections: number
  readonly messages: number
  readonly perSecond?: number
}
const pool = new Pool(url, { connections, pipelining: 1 })
const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
const bodyOf = (n: number) =>
  JSON.stringify({
    messaging_product: 'whatsapp',
    recipient_type: 'individual',
    to: `+91${9_800_000_000 + n}`,
    type: 'template',
    template: { name: 'hello_world', language: { code: 'en_US' } },
    biz_opaque_callback_data: `f1.1.019340ab7c3e7d10a0b1c2d3e4f50617.${n}.1.abcdefghijkl`,
  })

let started = 0
const begunAt = performance.now()
const before = process.cpuUsage()
async function sendNext(): Promise<void> {
  const answer = await pool.request({ method: 'POST', path, headers, body: bodyOf(started++) })
  const { messages: accepted } = (await answer.body.json()) as { messages?: unknown[] }
  if (accepted?.length !== 1) throw new Error(`answered ${answer.statusCode}`)
}
async function drive(): Promise<void> {
  while (started < messages) await sendNext()
}
/** Whoever is due starts, however many are under way. */
async function drivePaced(rate: number): Promise<void> {
  const underWay: Promise<void>[] = []
  while (started < messages) {
    const due = Math.min(messages, Math.floor(((performance.now() - begunAt) * rate) / 1_000) + 1)
    while (started < due) underWay.push(sendNext())
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  await Promise.all(underWay)
}
await (perSecond === undefined ? Promise.all(Array.from({ length: connections }, drive)) : drivePaced(perSecond))
const seconds = (performance.now() - begunAt) / 1_000
const { user, system } = process.cpuUsage(before)
console.log(JSON.stringify({ perSecond: messages / seconds, cpuMicroseconds: (user + system) / messages }))
await pool.close()
