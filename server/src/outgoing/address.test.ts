import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isPublicAddress, urlProblem } from './address.ts'
import { post } from './post.ts'

/** Ways to write an address that leads inside: every one must be refused. */
const INSIDE = [
  // this machine, in the writings that URL parsers and resolvers take
  ...[
    '127.0.0.1',
    '127.1',
    '127.0.1',
    '127.255.255.254',
    '2130706433',
    '0x7f000001',
    '0x7f.1',
    '0177.0.0.1',
    '017700000001',
    '0x7f.0x0.0x0.0x1',
  ],
  ...['0', '0.0.0.0', '0x0', '00', '127.0.0.1.', '０.0.0.0', '①②⑦.0.0.1', '127。0。0。1', '%31%32%37.0.0.1', '0.1.2.3'],
  ...[
    'localhost',
    'LOCALHOST',
    'localhost.',
    'a.localhost',
    'localhost.localdomain',
    'printer.local',
    'db.internal',
    'wiki.corp',
    'nas.home',
    'router.lan',
  ],
  ...['metadata.google.internal', 'intranet', 'kubernetes', 'db', '1.0.0.127.in-addr.arpa', 'x.test', 'x.invalid', 'x.onion'],
  // private networks, carriers, link-local and metadata services
  ...[
    '10.0.0.1',
    '10.255.255.255',
    '0xa000001',
    '167772161',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.0.1',
    '192.168.255.255',
    '0xc0a80001',
  ],
  ...[
    '100.64.0.1',
    '100.127.255.255',
    '169.254.169.254',
    '0xa9fea9fe',
    '2852039166',
    '0251.0376.0251.0376',
    '169.254.0.1',
    '100.100.100.200',
  ],
  // reserved, documentation, benchmarks, multicast, broadcast
  ...['192.0.0.1', '192.0.0.192', '192.0.2.1', '192.88.99.1', '198.18.0.1', '198.19.255.255', '198.51.100.1', '203.0.113.1'],
  ...['224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255'],
  // IPv6: unspecified, this machine, unique-local, link-local, site-local, multicast
  ...[
    '[::]',
    '[::1]',
    '[0:0:0:0:0:0:0:1]',
    '[fc00::1]',
    '[fd00:ec2::254]',
    '[fdff::1]',
    '[fe80::1]',
    '[febf::1]',
    '[fec0::1]',
    '[ff02::1]',
  ],
  // IPv4 in IPv6 clothes: mapped, compatible, translated, 6to4, Teredo
  ...['[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[::ffff:169.254.169.254]', '[::127.0.0.1]', '[::ffff:0:127.0.0.1]', '[64:ff9b::7f00:1]'],
  ...[
    '[64:ff9b:1::1]',
    '[2002:7f00:1::]',
    '[2002:a9fe:a9fe::]',
    '[2001:0:4136:e378::]',
    '[2001:db8::1]',
    '[2001:10::1]',
    '[100::1]',
    '[3fff::1]',
    '[5f00::1]',
  ],
]

test(`${INSIDE.length} writings of addresses that lead inside are all refused`, () => {
  assert.ok(INSIDE.length >= 80)
  for (const host of INSIDE) assert.notEqual(urlProblem(`https://${host}/hook`, false), undefined, host)
})

for (const url of [
  'http://example.com/',
  'ftp://example.com/',
  'file:///etc/passwd',
  'gopher://example.com/',
  'javascript:alert(1)',
  'data:text/plain,x',
  'https://user:password@example.com/',
  'https://user@example.com/',
  'https://example.com/#fragment',
  'https://',
  'https:///x',
  'https://exa mple.com/',
  'https://[::1',
  '//example.com/',
  'example.com',
  `https://example.com/${'x'.repeat(2_000)}`,
])
  test(`${url.slice(0, 60)} is no address for a webhook`, () => assert.notEqual(urlProblem(url, false), undefined))

for (const url of ['https://example.com/', 'https://hooks.example.co.uk:8443/x?y=z', 'https://8.8.8.8/', 'https://[2606:4700:4700::1111]/'])
  test(`${url} may be called`, () => assert.equal(urlProblem(url, false), undefined))

test('with the operator’s leave a private address may be called over plain HTTP, and still nothing but HTTP', () => {
  assert.equal(urlProblem('http://127.0.0.1:9000/hook', true), undefined)
  assert.notEqual(urlProblem('file:///etc/passwd', true), undefined)
  assert.notEqual(urlProblem('http://user:password@127.0.0.1/', true), undefined)
})

test('an address with a zone or that is none is not public', () => {
  for (const text of ['fe80::1%eth0', '2606:4700::1%1', '', 'example.com', '1.2.3']) assert.ok(!isPublicAddress(text), text)
})

for (const addresses of [
  ['127.0.0.1'],
  ['10.0.0.1'],
  ['169.254.169.254'],
  ['::1'],
  ['::ffff:127.0.0.1'],
  ['93.184.216.34', '127.0.0.1'], // one good answer does not excuse a bad one
  ['2606:2800:220:1:248:1893:25c8:1946', 'fd00::1'],
])
  test(`a name that resolves to ${addresses.join(' and ')} is not called`, async () => {
    const resolve = async () => addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
    const result = await post('https://rebind.example.com/', '{}', {}, { allowPrivate: false, resolve })
    assert.deepEqual(
      { status: result.status, error: result.error },
      { status: null, error: 'The name leads to an address that is not public.' },
    )
  })
