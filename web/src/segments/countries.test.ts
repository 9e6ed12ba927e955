import assert from 'node:assert/strict'
import { test } from 'node:test'
import { countryCodes } from './countries.ts'

test('countries are those in use, each once', () => {
  const codes = countryCodes()
  for (const code of ['IN', 'FR', 'AE', 'BR', 'XK']) assert.ok(codes.includes(code), code)
  for (const code of ['FX', 'BU', 'SU', 'YU', 'ZZ', 'EU', 'XA']) assert.ok(!codes.includes(code), code)
  const names = new Intl.DisplayNames('en', { type: 'region' })
  assert.equal(new Set(codes.map((code) => names.of(code))).size, codes.length)
  assert.ok(codes.length > 240 && codes.length < 270, String(codes.length))
})
