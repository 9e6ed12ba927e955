import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sampleOf } from './sample.ts'

test('the first rows are read, whatever divides them and however they are written', async () => {
  const expected = {
    headers: ['phone', 'City'],
    rows: [
      ['+91 98765 43210', 'Pune, East'],
      ['2', 'x'],
      ['3', 'y'],
    ],
  }
  const rows = (divider: string) =>
    [`phone${divider}City`, `+91 98765 43210${divider}"Pune, East"`, '', `2${divider}x`, `3${divider}y`, `4${divider}z`].join('\r\n')
  for (const divider of [',', ';', '\t']) assert.deepEqual(await sampleOf(new Blob([rows(divider)])), expected)
  const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(rows(';'), 'utf16le')])
  assert.deepEqual(await sampleOf(new Blob([utf16])), expected)
})

test('an empty file has no columns', async () => {
  assert.deepEqual(await sampleOf(new Blob([''])), { headers: [], rows: [] })
})
