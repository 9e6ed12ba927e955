import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type TestApp, testApp } from '../platform/test-app.ts'
import { runImportsOnce } from './runner.ts'

let t: TestApp
before(async () => {
  t = await testApp()
})
after(() => t.drop())

async function upload(file: string, fields: Record<string, string>, key?: string) {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.append(name, value)
  form.append('file', new Blob([file]), 'people.csv')
  return t.request('POST', 'Contact/import', { raw: form, ...(key === undefined ? {} : { key }) })
}

test('the same columns go where they went the last time: what is mapped once is remembered, unless it was a trial or taken back', async () => {
  const file = (n: number) => `WhatsApp,Ort,constructor\n+91961240000${n},Pune,x\n`
  const mappingOf = async (fields: Record<string, string> = {}, n = 1, key?: string) => {
    const { body } = await upload(file(n), fields, key)
    await runImportsOnce(t.deps)
    return {
      id: body.importId,
      mapping: (await t.request('GET', `Contact/import/${body.importId}`, key === undefined ? {} : { key })).body.mapping,
    }
  }
  const guess = { WhatsApp: 'phone', Ort: 'attributes.Ort', constructor: 'attributes.constructor' }
  assert.deepEqual((await mappingOf({ dryRun: 'true', mapping: '{"Ort":"attributes.City"}' })).mapping, {
    ...guess,
    Ort: 'attributes.City',
  })
  assert.deepEqual((await mappingOf()).mapping, guess, 'a trial is not remembered')
  const chosen = await mappingOf({ mapping: '{"Ort":"attributes.City","constructor":"ignore"}' }, 2)
  const again = { WhatsApp: 'phone', Ort: 'attributes.City', constructor: 'ignore' }
  assert.deepEqual((await mappingOf({}, 3)).mapping, again)
  assert.deepEqual(
    (await mappingOf({ mapping: '{"Ort":"language"}' }, 4)).mapping,
    { ...again, Ort: 'language' },
    'what is said now counts',
  )
  assert.deepEqual((await mappingOf({ mapping: '{"constructor":"phone","WhatsApp":"ignore"}', dryRun: 'true' }, 5)).mapping.Ort, 'language')
  assert.deepEqual((await mappingOf({}, 1, t.foreign.key)).mapping, guess, 'not from another workspace')
  assert.ok(chosen.id)
})
