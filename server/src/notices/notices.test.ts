import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { after, before, beforeEach, test } from 'node:test'
import { addContacts, frozenCampaign, type TestWorld, testWorld } from '../campaigns/test-campaign.ts'
import { setHold } from '../dispatch/holds.ts'
import { announce } from '../outgoing/events.ts'
import { routeEvents } from '../outgoing/router.ts'
import { addMember } from '../people/test-people.ts'
import { many, one, run, sql } from '../platform/db.ts'
import { type TestApp, testApp } from '../platform/test-app.ts'
import { sendMails } from './mailer.ts'
import { noteMail } from './notices.ts'

/** A mail server that keeps what it is given; refuses while told to. */
async function mailSink() {
  const mails: { to: string[]; text: string }[] = []
  const state = { isRefusing: false }
  const server = createServer((socket: Socket) => {
    let isData = false
    let to: string[] = []
    let text = ''
    socket.on('error', () => {})
    socket.write('220 sink\r\n')
    let rest = ''
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      rest += chunk
      for (let end = rest.indexOf('\r\n'); end >= 0; end = rest.indexOf('\r\n')) {
        const line = rest.slice(0, end)
        rest = rest.slice(end + 2)
        if (isData) {
          if (line === '.') {
            mails.push({ to, text })
            isData = false
            to = []
            text = ''
            socket.write('250 kept\r\n')
          } else text += `${line}\n`
        } else if (/^EHLO|^HELO/.test(line)) socket.write('250 sink\r\n')
        else if (line.startsWith('RCPT TO:')) {
          to.push(/<(.*)>/.exec(line)?.[1] ?? '')
          socket.write(state.isRefusing ? '451 later\r\n' : '250 ok\r\n')
        } else if (line === 'DATA') {
          isData = true
          socket.write('354 go\r\n')
        } else if (line === 'QUIT') socket.end('221 bye\r\n')
        else socket.write('250 ok\r\n')
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    mails,
    state,
    url: `smtp://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    close: () => new Promise((closed) => server.close(closed)),
  }
}

let t: TestApp
let world: TestWorld
let sink: Awaited<ReturnType<typeof mailSink>>
before(async () => {
  sink = await mailSink()
  t = await testApp({
    environment: { SMTP_URL: sink.url, SMTP_FROM: 'Fanfare <fanfare@example.org>', NOTICE_EMAILS: 'ops@example.org, boss@example.org' },
  })
  world = await testWorld(t)
})
after(async () => {
  await t.drop()
  await sink.close()
})
beforeEach(async () => {
  sink.mails.length = 0
  sink.state.isRefusing = false
  await run(t.deps.pool, sql`DELETE FROM notice_mail`)
})
const deliver = async () => {
  while ((await routeEvents(t.deps)) > 0);
  await sendMails(t.deps)
}

test('a held and a completed campaign, a number’s quality and a disconnected account are told by e-mail, each once', async () => {
  await addContacts(t, 1, { tag: 'mail' })
  const campaignId = await frozenCampaign(t, world, { tag: 'mail' })
  const hold = {
    workspaceId: t.workspaceId,
    scope: 'account',
    scopeId: world.accountId,
    reason: 'token_invalid',
    detail: 'The token expired.',
  } as const
  for (let i = 0; i < 2; i++) await setHold(t.deps.pool, hold)
  await announce(t.deps.pool, t.workspaceId, [
    { type: 'campaign.completed', campaignId },
    { type: 'number.quality', data: { displayPhoneNumber: '15550047120', qualityRating: 'RED', messagingLimit: 'TIER_1K', event: null } },
  ])
  await deliver()
  const subjects = sink.mails.map(({ text }) => /^Subject: (.*)$/m.exec(text)?.[1]).sort()
  assert.deepEqual(subjects, [
    '[Fanfare] A WhatsApp account is disconnected',
    '[Fanfare] Campaign completed: Test',
    '[Fanfare] Campaign on hold: Test',
    '[Fanfare] Phone number 15550047120: RED',
  ])
  assert.ok(sink.mails.every(({ to }) => ['ops@example.org', 'boss@example.org'].every((address) => to.includes(address))))
  assert.ok(
    sink.mails.every(({ text }) => !text.includes('boss@example.org')),
    'readers do not see each other',
  )
  await deliver()
  assert.equal(sink.mails.length, 4)
})

test('a pause by a person is no news to them', async () => {
  await addContacts(t, 1, { from: 100, tag: 'pause' })
  const campaignId = await frozenCampaign(t, world, { tag: 'pause' })
  await setHold(t.deps.pool, { workspaceId: t.workspaceId, scope: 'campaign', scopeId: campaignId, reason: 'operator', detail: '' })
  await deliver()
  assert.equal(sink.mails.length, 0)
})

test('owners and admins of the workspace are written to, others and other workspaces are not', async () => {
  const owner = await addMember(t, 'Owner')
  const viewer = await addMember(t, 'Viewer')
  const stranger = await addMember(t, 'Owner', t.foreign.workspaceId)
  await noteMail(t.deps.pool, t.workspaceId, { type: 'x', subject: 'x', body: 'x' })
  await deliver()
  const to = sink.mails.flatMap((mail) => mail.to)
  assert.ok(to.includes(owner.email))
  assert.ok(!to.includes(viewer.email) && !to.includes(stranger.email))
})

test('a mail server that refuses is asked again later, and the e-mail is sent once', async () => {
  await noteMail(t.deps.pool, t.workspaceId, { type: 'x', subject: 'again', body: 'x' })
  sink.state.isRefusing = true
  await deliver()
  const { waits } = await one<{ waits: boolean }>(
    t.deps.pool,
    sql`SELECT next_attempt_at > now() + interval '30 seconds' AS waits FROM notice_mail`,
  )
  assert.ok(waits)
  sink.state.isRefusing = false
  await run(t.deps.pool, sql`UPDATE notice_mail SET next_attempt_at = now()`)
  await Promise.all([deliver(), deliver(), deliver()])
  assert.equal(sink.mails.length, 1)
  assert.deepEqual(await many(t.deps.pool, sql`SELECT 1 FROM notice_mail`), [])
})

test('a campaign’s name cannot add a header or a reader', async () => {
  await noteMail(t.deps.pool, t.workspaceId, { type: 'x', subject: 'x\r\nBcc: thief@example.org\r\n\r\nbody', body: 'x' })
  await deliver()
  assert.ok(!sink.mails[0]?.to.includes('thief@example.org'))
  assert.doesNotMatch(sink.mails[0]?.text ?? '', /^Bcc:/m)
})

test('without a mail server nothing is kept for one', async () => {
  const silent = await testApp()
  try {
    await announce(silent.deps.pool, silent.workspaceId, [{ type: 'campaign.completed', campaignId: world.templateId }])
    await routeEvents(silent.deps)
    assert.deepEqual(await many(silent.deps.pool, sql`SELECT 1 FROM notice_mail UNION ALL SELECT 1 FROM outgoing_event`), [])
  } finally {
    await silent.drop()
  }
})

test('whoever is invited is written to at once, with the link, once; a mail server that refuses hinders nobody', async () => {
  const { body: roles } = await t.request('GET', 'Role')
  const roleId = roles.items.find(({ name }: { name: string }) => name === 'Viewer').id
  const invite = (email: string, key: string) =>
    t.request('POST', 'Invitation', { body: { email, roleId }, headers: { 'idempotency-key': key } })
  const made = await invite('new.person@example.org', 'invite once')
  assert.equal(made.status, 201)
  assert.equal((await invite('new.person@example.org', 'invite once')).status, 201)
  while (sink.mails.length === 0) await new Promise((resolve) => setImmediate(resolve))
  const [mail] = sink.mails
  assert.deepEqual(mail?.to, ['new.person@example.org'])
  assert.ok(decoded(mail?.text ?? '').includes(made.body.link), mail?.text)
  sink.state.isRefusing = true
  assert.equal((await invite('other.person@example.org', 'refused')).status, 201)
  assert.equal(sink.mails.length, 1)
})

/** Quoted-printable, as mails carry long lines. */
const decoded = (text: string): string =>
  text.replace(/=\n/g, '').replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
