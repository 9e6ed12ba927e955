import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import examples from 'libphonenumber-js/examples.mobile.json'
import { getCountries, getExampleNumber } from 'libphonenumber-js/max'
import { parsePhone } from '../contacts/identity.ts'
import { decodeText, guessDelimiter, guessNewline } from '../imports/decode.ts'
import { readRecords } from '../imports/records.ts'
import { isSigned } from '../webhooks/signature.ts'

/** Ways in which people and programs write an international number. */
const WRITINGS: readonly ((digits: string) => string)[] = [
  (d) => `+${d}`,
  (d) => `00${d}`,
  (d) => ` +${d} `,
  (d) => `+${d.slice(0, 2)} ${d.slice(2)}`,
  (d) => `+${d.replace(/(\d{3})(?=\d)/g, '$1 ')}`,
  (d) => `+${d.replace(/(\d{3})(?=\d)/g, '$1-')}`,
  (d) => `+${d.replace(/(\d{2})(?=\d)/g, '$1.')}`,
  (d) => `tel:+${d}`,
  (d) => `＋${[...d].map((digit) => String.fromCodePoint(0xff10 + Number(digit))).join('')}`,
  (d) => `\u00a0+${d}\u00a0`,
]

test('more than 2,000 writings of numbers of every country are each read as the one number they are', () => {
  let count = 0
  const wrong: string[] = []
  for (const country of getCountries()) {
    const number = getExampleNumber(country, examples)
    if (number === undefined || !number.isValid() || /^\+(52|54|55)/.test(number.number)) continue // alternates: contact-records.test.ts
    for (const write of WRITINGS) {
      const text = write(number.number.slice(1))
      count++
      if (parsePhone(text)?.e164 !== number.number) wrong.push(`${text} is ${parsePhone(text)?.e164}, not ${number.number}`)
    }
  }
  assert.ok(count >= 2_000, String(count))
  assert.deepEqual(wrong, [])
})

const SECRET = '0123456789abcdef0123456789abcdef'
const BODY = Buffer.from('{"object":"whatsapp_business_account","entry":[]}')
const hmac = (algorithm: string, secret: string, body: Buffer) => createHmac(algorithm, secret).update(body).digest('hex')
const RIGHT = hmac('sha256', SECRET, BODY)
/** Forgeries: every digit changed, every length cut, wrong algorithms, secrets, bodies, writings and encodings. */
const FORGERIES: readonly (string | undefined)[] = [
  ...Array.from(
    RIGHT,
    (digit, i) => `sha256=${RIGHT.slice(0, i)}${((Number.parseInt(digit, 16) + 1) % 16).toString(16)}${RIGHT.slice(i + 1)}`,
  ),
  ...Array.from(RIGHT, (_, i) => `sha256=${RIGHT.slice(0, i)}`),
  ...['md5', 'sha1', 'sha384', 'sha512'].flatMap((name) => [`${name}=${hmac(name, SECRET, BODY)}`, `sha256=${hmac(name, SECRET, BODY)}`]),
  ...['', 'x', SECRET.toUpperCase(), SECRET.slice(1), `${SECRET} `].map((secret) => `sha256=${hmac('sha256', secret, BODY)}`),
  ...['', ' ', `${BODY} `, `${BODY}\n`, BODY.toString().replace(':', ': '), '{}'].map(
    (body) => `sha256=${hmac('sha256', SECRET, Buffer.from(body))}`,
  ),
  ...[
    '',
    ' ',
    'sha256',
    'sha256=',
    '=',
    RIGHT,
    `sha256:${RIGHT}`,
    `sha256 ${RIGHT}`,
    `SHA512=${RIGHT}`,
    `sha256==${RIGHT}`,
    `sha256=0x${RIGHT}`,
  ],
  ...[
    `sha256=${RIGHT}0`,
    `sha256=0${RIGHT}`,
    `sha256=${RIGHT} `,
    ` sha256=${RIGHT}`,
    `sha256= ${RIGHT}`,
    `sha256=${RIGHT},sha256=${RIGHT}`,
    `"sha256=${RIGHT}"`,
  ],
  ...[`sha256=${Buffer.from(RIGHT, 'hex').toString('base64')}`, `sha256=${Buffer.from(RIGHT, 'hex').toString('base64url')}`, `v1,${RIGHT}`],
  ...Array.from({ length: 60 }, (_, i) => `sha256=${hmac('sha256', SECRET, Buffer.concat([BODY, Buffer.from([i])]))}`),
  undefined,
]

test(`${FORGERIES.length} forged signatures are refused, and the right one is taken in either letter case`, () => {
  assert.ok(FORGERIES.length >= 200)
  for (const forgery of FORGERIES) assert.ok(!isSigned(BODY, forgery, SECRET), String(forgery))
  for (const right of [RIGHT, RIGHT.toUpperCase()]) assert.ok(isSigned(BODY, `sha256=${right}`, SECRET))
})

const ENCODINGS: readonly (readonly [string, (text: string) => Buffer])[] = [
  ['UTF-8', (text) => Buffer.from(text)],
  ['UTF-8 with mark', (text) => Buffer.from(`\uFEFF${text}`)],
  ['UTF-16 little endian', (text) => Buffer.from(`\uFEFF${text}`, 'utf16le')],
  ['UTF-16 big endian', (text) => Buffer.from(`\uFEFF${text}`, 'utf16le').swap16()],
  ['Latin-1', (text) => Buffer.from(text, 'latin1')],
]
test('a hundred and twenty CSV files, by encoding, delimiter, line end and way of cutting, are read as what they hold', async () => {
  let files = 0
  for (const [encoding, encode] of ENCODINGS)
    for (const delimiter of [',', ';', '\t'] as const)
      for (const newline of ['\n', '\r\n', '\r'])
        for (const cut of [1, 7, 65_536]) {
          const lines = [
            ['phone', 'nome', 'cidade'],
            ['+919876500011', 'João', 'São Paulo'],
            ['+919876500012', '"Quote ""d"""', ''],
          ]
          const text = lines.map((cells) => cells.join(delimiter)).join(newline)
          const bytes = encode(text)
          const chunks = Array.from({ length: Math.ceil(bytes.length / cut) }, (_, i) => bytes.subarray(i * cut, (i + 1) * cut))
          let read = ''
          for await (const part of decodeText(
            (async function* () {
              yield* chunks
            })(),
          ))
            read += part
          assert.equal(read.replace(/^\uFEFF/, ''), text, `${encoding} ${JSON.stringify([delimiter, newline, cut])}`)
          const records = readRecords(read.replace(/^\uFEFF/, ''), { delimiter, newline: newline === '\r' ? '\r' : '\n' })
          assert.deepEqual(records[1]?.cells, ['+919876500011', 'João', 'São Paulo'])
          assert.deepEqual(records[2]?.cells, ['+919876500012', 'Quote "d"', ''])
          assert.equal(guessDelimiter(read.split(/[\r\n]/)[0] ?? ''), delimiter)
          assert.equal(guessNewline(read.split('\n')[0] ?? ''), newline === '\r' ? '\r' : '\n')
          files++
        }
  assert.ok(files >= 100, String(files))
})
