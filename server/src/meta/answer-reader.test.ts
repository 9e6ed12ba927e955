import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type HttpAnswer, makeAnswerReader } from './answer-reader.ts'

/** What a reader says of bytes that come in these pieces, and then of the end of the connection. */
function read(pieces: readonly Buffer[], isClosed = false): HttpAnswer | undefined {
  const reader = makeAnswerReader()
  for (const piece of pieces) {
    const overwritten = Buffer.from(piece)
    const answer = reader.take(overwritten)
    overwritten.fill(0x78) // the caller reads the next bytes into the same buffer
    if (answer !== undefined) return answer
  }
  return isClosed ? reader.end() : undefined
}
const whole = (text: string, isClosed = false) => read([Buffer.from(text)], isClosed)

const ANSWERS: readonly [what: string, text: string, expected: Partial<HttpAnswer>, closes?: boolean][] = [
  [
    'a length',
    'HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 5\r\n\r\nhällo'.replace('ä', 'a'),
    { status: 200, body: 'hallo', date: 'now', reusable: true },
  ],
  ['a length in bytes, not characters', 'HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nhällo', { body: 'hällo', reusable: true }],
  ['no body', 'HTTP/1.1 204 No Content\r\n\r\n', { status: 204, body: '', reusable: true }],
  ['an empty body', 'HTTP/1.1 500 \r\ncontent-length: 0\r\n\r\n', { status: 500, body: '', reusable: true }],
  ['a status without a reason', 'HTTP/1.1 200\r\ncontent-length: 1\r\n\r\nx', { status: 200, body: 'x' }],
  [
    'chunks',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n',
    { body: 'abc0123456789', reusable: true },
  ],
  [
    'chunks with trailers',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nA: b\r\n\r\n',
    { body: 'x', reusable: true },
  ],
  [
    'a length beside chunks',
    'HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n',
    { body: 'x', reusable: false },
  ],
  [
    'an interim answer before it',
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nx',
    { status: 200, body: 'x', reusable: true },
  ],
  ['"connection: close"', 'HTTP/1.1 200 OK\r\nConnection: Close\r\ncontent-length: 1\r\n\r\nx', { body: 'x', reusable: false }],
  ['HTTP/1.0', 'HTTP/1.0 200 OK\r\ncontent-length: 1\r\n\r\nx', { body: 'x', reusable: false }],
  [
    'a time the connection is kept',
    'HTTP/1.1 200 OK\r\nKeep-Alive: timeout=3, max=9\r\ncontent-length: 1\r\n\r\nx',
    { keptMs: 3_000, reusable: true },
  ],
  ['a body that ends with the connection', 'HTTP/1.1 200 OK\r\n\r\n<html>', { body: '<html>', reusable: false }, true],
  ['a coding nobody here reads', 'HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n?', { body: '?', reusable: false }, true],
]
for (const [what, text, expected, closes = false] of ANSWERS) {
  test(`an answer with ${what} reads the same in one piece and in any others`, () => {
    const one = whole(text, closes)
    assert.deepEqual({ ...one, ...expected }, one)
    const bytes = Buffer.from(text)
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 6 }), (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), bytes.length]
        assert.deepEqual(
          read(
            at.slice(1).map((end, i) => bytes.subarray(at[i], end)),
            closes,
          ),
          one,
        )
      }),
    )
  })
  test(`an answer with ${what} that is cut short anywhere is none`, () => {
    if (closes) return // its end is the end of the connection: nothing tells a shorter one
    const bytes = Buffer.from(text)
    for (let length = 0; length < bytes.length; length++)
      assert.equal(read([bytes.subarray(0, length)], true), undefined, `after ${length} bytes`)
  })
}

test('bytes behind an answer belong to nobody: the connection is not used again', () =>
  assert.equal(whole('HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nxHTTP/1.1 200 OK\r\n')?.reusable, false))

for (const [what, text] of [
  ['another protocol', 'SSH-2.0-x\r\n\r\n'],
  ['a change of protocol', 'HTTP/1.1 101 Switching Protocols\r\n\r\n'],
  ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx'],
  ['a length that is none', 'HTTP/1.1 200 OK\r\ncontent-length: 1e3\r\n\r\n'],
  ['a length beyond all sense', 'HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n'],
  ['a header without a name', 'HTTP/1.1 200 OK\r\n: x\r\n\r\n'],
  ['a chunk without a size', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n'],
  ['a chunk longer than it says', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nxyz\r\n'],
  ['a head without end', `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(70_000)}`],
] as const)
  test(`${what} is no answer`, () => assert.throws(() => whole(text)))
