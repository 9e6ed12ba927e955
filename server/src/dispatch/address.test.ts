import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { makeAddresses } from './address.ts'

const secrets = (seed: string) => ({
  derive: (purpose: string) =>
    createHash('sha256')
      .update(seed + purpose)
      .digest(),
})
const INSTALL = '01890a5d-ac96-774b-bcce-b302099a8057'
const ours = makeAddresses(secrets('a'), INSTALL)
const theirs = makeAddresses(secrets('a'), '01890a5d-ac96-774b-bcce-b302099a8058')
const otherKey = makeAddresses(secrets('b'), INSTALL)
const seqs = fc.integer({ min: 1, max: 10_000_000 })
const attempts = fc.integer({ min: 1, max: 99 })
const buttons = fc.integer({ min: 0, max: 9 })

test('what an address was made of is what it reads as, within the lengths Meta allows', () => {
  fc.assert(
    fc.property(fc.uuid(), seqs, attempts, buttons, (campaignId, seq, attempt, button) => {
      const message = ours.message(campaignId, seq, attempt)
      const quickReply = ours.quickReply(campaignId, seq, attempt, button)
      assert.ok(message.length <= 80 && quickReply.length <= 128)
      assert.deepEqual(ours.readAddress(message), { kind: 'message', campaignId, seq, attempt })
      assert.deepEqual(ours.readQuickReply(quickReply), { campaignId, seq, attempt, button })
      assert.deepEqual(ours.readLink(ours.linkToken(campaignId, seq, button)), { campaignId, seq, button })
      assert.deepEqual(ours.readAddress(ours.test(campaignId)), { kind: 'test', testId: campaignId })
    }),
  )
})

test('an address of another installation, another key, another kind or with one character changed is not ours', () => {
  fc.assert(
    fc.property(fc.uuid(), seqs, attempts, fc.nat(), (campaignId, seq, attempt, at) => {
      const message = ours.message(campaignId, seq, attempt)
      const link = ours.linkToken(campaignId, seq, 1)
      const changed = (text: string) => {
        const i = at % text.length
        return text.slice(0, i) + (text[i] === 'A' ? 'B' : 'A') + text.slice(i + 1)
      }
      for (const reader of [theirs, otherKey]) {
        assert.equal(reader.readAddress(message), undefined)
        assert.equal(reader.readLink(link), undefined)
      }
      assert.equal(ours.readAddress(changed(message)), undefined)
      assert.equal(ours.readLink(changed(link)), undefined)
      assert.equal(ours.readQuickReply(message), undefined)
    }),
  )
})

test('any text at all is read without an exception', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      assert.equal(ours.readAddress(text), undefined)
      assert.equal(ours.readQuickReply(text), undefined)
      assert.equal(ours.readLink(text), undefined)
    }),
  )
})
