import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { addressesOf, makeAddresses } from './address.ts'

const key = (purpose: string) => createHash('sha256').update(`secret ${purpose}`).digest()
const asked: string[] = []
const secrets = {
  derive(purpose: string) {
    asked.push(purpose)
    return key(purpose)
  },
}
const INSTALL = '01890a5d-ac96-774b-bcce-b302099a8057'
const CAMPAIGN = '01890a5d-ac96-774b-bcce-b302099a8001'
const ours = makeAddresses(secrets, INSTALL)

/** An address with any fields at all, signed as ours are: what a forger with our key would need. */
const macs = (body: string) => createHmac('sha256', key('address')).update(body).digest()
const signed = (text: string) => `${text}.${macs(text.slice(3)).subarray(0, 10).toString('base64url')}`
/** A payload: of the first two buttons the MAC is a later part of that of their address. */
const signedButton = (text: string, button: string) => {
  const at = 10 + 10 * Number.parseInt(button, 36)
  const mac = at <= 20 ? macs(text.slice(3)).subarray(at, at + 10) : macs(`${text.slice(3)}.${at / 10}`).subarray(0, 10)
  return `${text}.${button}.${mac.toString('base64url')}`
}
const install = Buffer.from(INSTALL.replaceAll('-', ''), 'hex').subarray(10).toString('base64url')
const campaign = Buffer.from(CAMPAIGN.replaceAll('-', ''), 'hex').toString('base64url')

test('the keys are two of their own, and the form is the one that messages under way already carry', () => {
  assert.deepEqual(new Set(asked), new Set(['address', 'link']))
  assert.equal(ours.message(CAMPAIGN, 71, 2), signed(`f1.${install}.${campaign}.1z.2`))
  assert.equal(ours.test(CAMPAIGN), signed(`t1.${install}.${campaign}`))
  for (const button of [0, 1, 2, 9])
    assert.equal(ours.quickReply(CAMPAIGN, 71, 2, button), signedButton(`q1.${install}.${campaign}.1z.2`, String(button)))
  assert.equal(ours.linkToken(CAMPAIGN, 71, 1).length, 44)
})

test('fields that no address of ours has are not read, even rightly signed', () => {
  for (const body of [
    `f1.${install}.${campaign}.1z`, // a field too few
    `f1.${install}.${campaign}.1z.2.3`, // one too many
    `f1.${install}.${campaign}x.1z.2`,
    `f1.${install}.${campaign}.1Z.2`,
    `f1.${install}.${campaign}.1234567.2`,
    `f1.${install}.${campaign}..2`,
    `f1.${install}.${campaign}.1z.`,
    `f1.${install}..1z.2`,
    `f2.${install}.${campaign}.1z.2`, // another key
    `f1.AAAAAAAA.${campaign}.1z.2`, // another installation
    `t1.${install}.${campaign}x`,
    `t1.${install}.`,
  ])
    assert.equal(ours.readAddress(signed(body)), undefined, body)
  for (const [text, button] of [
    [`q1.${install}.${campaign}.1z`, '2'], // a field too few
    [`q1.${install}.${campaign}.1z.2`, 'B'],
    [`q1.${install}.${campaign}.1z.`, '1'],
    [`q1.${install}.x.1z.2`, '1'],
    [`q2.${install}.${campaign}.1z.2`, '1'],
    [`q1.AAAAAAAA.${campaign}.1z.2`, '1'],
  ] as const)
    assert.equal(ours.readQuickReply(signedButton(text, button)), undefined, `${text}.${button}`)
  assert.notEqual(ours.readQuickReply(signedButton(`q1.${install}.${campaign}.1z.2`, '1')), undefined)
  assert.equal(ours.readAddress(signed(`f1.${install}.${campaign}.1z.2`) + ' '.repeat(120)), undefined)
  assert.deepEqual(ours.readAddress(signed(`f1.${install}.${campaign}.1z.2`)), {
    kind: 'message',
    campaignId: CAMPAIGN,
    seq: 71,
    attempt: 2,
  })
})

test('any flipped bit of an address, a payload or a link makes it not ours', () => {
  fc.assert(
    fc.property(
      fc.uuid(),
      fc.integer({ min: 1, max: 10_000_000 }),
      fc.integer({ min: 1, max: 99 }),
      fc.nat(),
      fc.nat({ max: 6 }),
      (id, seq, attempt, at, bit) => {
        const flipped = (text: string) => {
          const bytes = Buffer.from(text, 'latin1')
          const i = at % bytes.length
          bytes[i] = (bytes[i] ?? 0) ^ (1 << bit)
          return bytes.toString('latin1')
        }
        assert.equal(ours.readAddress(flipped(ours.message(id, seq, attempt))), undefined)
        assert.equal(ours.readAddress(flipped(ours.test(id))), undefined)
        assert.equal(ours.readQuickReply(flipped(ours.quickReply(id, seq, attempt, bit))), undefined)
        assert.equal(ours.readLink(flipped(ours.linkToken(id, seq, 1))), undefined)
      },
    ),
    { numRuns: 500 },
  )
})

test('an installation derives its addresses once', () => {
  const before = asked.length
  const deps = { secrets: { derive: secrets.derive }, install: { id: INSTALL } }
  const first = addressesOf(deps)
  assert.equal(addressesOf(deps), first)
  assert.equal(asked.length, before + 2)
  assert.equal(first.message(CAMPAIGN, 1, 1), ours.message(CAMPAIGN, 1, 1))
})
