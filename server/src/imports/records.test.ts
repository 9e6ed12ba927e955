import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { csvLine } from '../platform/csv.ts'
import { makeCutter, QUOTED_CHARS_MAX, readRecords } from './records.ts'

/** The records of a file that comes in pieces of `size` and is cut into chunks of `rows`; its header stands first, on line 1. */
function split(text: string, { delimiter = ',', newline = '\n' as '\n' | '\r', size = text.length || 1, rows = 2 } = {}) {
  const dialect = { delimiter, newline }
  const cutter = makeCutter(dialect, { rows, chars: 1_000_000 })
  const chunks = []
  for (let at = 0; at < text.length; at += size) chunks.push(...cutter.push(text.slice(at, at + size), false))
  chunks.push(...cutter.push('', true))
  for (const chunk of chunks) {
    const records = readRecords(chunk.text, dialect, chunk.firstLine)
    assert.deepEqual([records.length, records.at(-1)?.line], [chunk.rows, chunk.lastLine])
    assert.ok(chunk.rows <= rows)
  }
  const header = cutter.header()
  return [
    ...(header === undefined ? [] : [{ line: 1, cells: header }]),
    ...chunks.flatMap((chunk) => readRecords(chunk.text, dialect, chunk.firstLine)),
  ]
}
const cellsOf = (text: string, options?: Parameters<typeof split>[1]) => split(text, options).map(({ cells }) => cells)

for (const [what, text, expected] of [
  ['an empty cell at either end', ',a,\n', [['', 'a', '']]],
  [
    'quoted delimiters, quotes and line ends',
    '"a,b","say ""hi""","x\ny"\nz,,\n',
    [
      ['a,b', 'say "hi"', 'x\ny'],
      ['z', '', ''],
    ],
  ],
  [
    'Windows line ends, also within and behind quotes',
    'a,"b\r\nc"\r\nd,"e"\r\n',
    [
      ['a', 'b\r\nc'],
      ['d', 'e'],
    ],
  ],
  ['empty lines are no records', '\n\r\na\n\n""\nb', [['a'], ['b']]],
  [
    'a quote within an unquoted cell',
    'O"Neill,5"\na,b\n',
    [
      ['O"Neill', '5"'],
      ['a', 'b'],
    ],
  ],
  ['text behind a closing quote', '"a"b,c\n', [['ab', 'c']]],
  [
    'a last record without a line end',
    'a,b\n"c","d"',
    [
      ['a', 'b'],
      ['c', 'd'],
    ],
  ],
  [
    'a quote that never closes is a character of its cell',
    'a,"b\nc,d\n',
    [
      ['a', '"b'],
      ['c', 'd'],
    ],
  ],
] as const)
  test(`splits ${what}, however the text is cut`, () => {
    for (const size of [1, 2, 3, 1_000]) assert.deepEqual(cellsOf(text, { size }), expected)
  })

test('old Mac files end lines by a return alone', () => {
  assert.deepEqual(cellsOf('a;b\rc;"d\re"\r', { delimiter: ';', newline: '\r' }), [
    ['a', 'b'],
    ['c', 'd\re'],
  ])
})

test('a record tells the line it begins on', () => {
  assert.deepEqual(
    split('h\n"two\nlines"\n\nfive\n').map(({ line }) => line),
    [1, 2, 5],
  )
})

test('a stray quote spoils its own row, not the file behind it', () => {
  const row = 'plain,cell\n'
  const rows = Math.ceil(QUOTED_CHARS_MAX / row.length) + 10
  for (const size of [4_096, 1_000_000]) {
    const cells = cellsOf(`a,"b\n${row.repeat(rows)}"x",y\n`, { size })
    assert.deepEqual([cells.length, cells[0], cells[1], cells.at(-1)], [rows + 2, ['a', '"b'], ['plain', 'cell'], ['x', 'y']])
  }
})

const cell = fc.string({ unit: fc.constantFrom('a', 'é', '"', ',', ';', '\n', ' ', '😀'), maxLength: 6 })
const table = fc.array(fc.array(cell, { minLength: 2, maxLength: 5 }), { maxLength: 20 })

test('what is written by RFC 4180 is read back the same, however it is cut', () => {
  fc.assert(
    fc.property(table, fc.integer({ min: 1, max: 9 }), (rows, size) => {
      assert.deepEqual(cellsOf(rows.map(csvLine).join(''), { size }), rows)
    }),
  )
})

test('a chunk is read as the file would be, wherever it is cut', () => {
  const wild = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', 'é'), maxLength: 60 })
  fc.assert(
    fc.property(wild, fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 4 }), (text, size, rows) => {
      const whole = readRecords(text, { delimiter: ',', newline: '\n' })
      assert.deepEqual(
        split(text, { size, rows }).map(({ cells }) => cells),
        whole.map(({ cells }) => cells),
      )
    }),
  )
})

test('a chunk is full at its characters too', () => {
  const cutter = makeCutter({ delimiter: ',', newline: '\n' }, { rows: 1_000, chars: 20 })
  const chunks = [...cutter.push(`phone\n${'0123456789\n'.repeat(5)}`, false), ...cutter.push('', true)]
  assert.deepEqual(
    chunks.map(({ rows, firstLine, lastLine }) => [rows, firstLine, lastLine]),
    [
      [2, 2, 3],
      [2, 4, 5],
      [1, 6, 6],
    ],
  )
})

test('an independent parser reads well-formed files the same way', () => {
  fc.assert(
    fc.property(table, (rows) => {
      const text = rows.map(csvLine).join('')
      assert.deepEqual(cellsOf(text), parse(text, { relax_column_count: true, skip_empty_lines: true }))
    }),
  )
})
