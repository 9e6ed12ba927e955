import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { test } from 'node:test'
import { makeAddresses } from '../dispatch/address.ts'
import { bodyOf } from '../dispatch/send.ts'
import { newId } from '../platform/ids.ts'
import { compileMessage } from './compile.ts'
import { GOLDEN_PERSON, type GoldenCase, goldenCases, goldenOf, masked } from './test-golden.ts'

const BASE = 'https://go.example.com/r/'
const cases = goldenCases(BASE, '771204458830016')
const addresses = makeAddresses({ derive: (purpose) => Buffer.from(purpose.padEnd(32, '.')) }, newId())
const campaignId = newId()
const DATA: Readonly<Record<string, string>> = { firstName: GOLDEN_PERSON.firstName, 'attributes.city': GOLDEN_PERSON.attributes.city }

function sentFor(given: GoldenCase): unknown {
  const compiled = compileMessage({ ...given, language: 'en_US', trackedPrefixes: [BASE] })
  assert.ok(compiled.ok, JSON.stringify(compiled))
  const fields = compiled.message.fieldNames.map((name) => DATA[name] ?? null)
  const rendered = compiled.message.render(fields, {
    quickReplyPayload: (button) => addresses.quickReply(campaignId, 7, 1, button),
    linkToken: (button) => addresses.linkToken(campaignId, 7, button),
  })
  assert.ok(rendered.ok, JSON.stringify(rendered))
  return bodyOf({ address: GOLDEN_PERSON.phone, template: rendered.template, callbackData: addresses.message(campaignId, 7, 1) })
}

for (const given of cases)
  test(`${given.name} is sent exactly as its golden file says`, () => {
    assert.deepEqual(masked(sentFor(given), given, BASE), goldenOf(given))
  })

test('no golden file is without its template', () => {
  const files = readdirSync(new URL('golden', import.meta.url)).sort()
  assert.deepEqual(files, cases.map(({ name }) => `${name}.json`).sort())
})

test('buttons of cards have numbers of their own, and their addresses bring them back', () => {
  const carousel = cases.find(({ name }) => name === 'carousel') as GoldenCase
  const { template } = sentFor(carousel) as {
    template: { components: { type: string; cards?: { components: { sub_type?: string; parameters: { payload: string }[] }[] }[] }[] }
  }
  const payloads = (template.components.find(({ type }) => type === 'carousel')?.cards ?? []).map(
    ({ components }) => components.find(({ sub_type }) => sub_type === 'quick_reply')?.parameters[0]?.payload ?? '',
  )
  assert.deepEqual(
    payloads.map((payload) => addresses.readQuickReply(payload)?.button),
    [10, 20],
  )
})
