import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { look } from './look.ts'

async function served(listener: RequestListener, ask: (url: string) => Promise<void>): Promise<void> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    await ask(`http://127.0.0.1:${(server.address() as AddressInfo).port}/a.png`)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

test('it says what an address serves, by its headers, and reads no body', async () => {
  const cut = Promise.withResolvers<boolean>()
  await served(
    (_, response) => {
      response.writeHead(200, { 'content-type': 'Image/PNG; charset=x', 'content-length': '5000000' }).write('x')
      response.on('close', () => cut.resolve(!response.writableFinished))
    },
    async (url) => {
      assert.deepEqual(await look(url, { allowPrivate: true }), { ok: true, type: 'image/png', size: 5_000_000 })
      assert.ok(await cut.promise) // the connection ends with the look, not with the body
    },
  )
})

test('a redirect is not followed, another status is no media', async () => {
  const asked: (string | undefined)[] = []
  for (const [status, problem] of [
    [302, 'It answered 302: redirects are not followed.'],
    [404, 'It answered 404.'],
    [206, 'It answered 206.'],
  ] as const)
    await served(
      (request, response) => {
        asked.push(request.url)
        response.writeHead(status, { location: '/elsewhere' }).end()
      },
      async (url) => assert.deepEqual(await look(url, { allowPrivate: true }), { ok: false, problem }),
    )
  assert.deepEqual(asked, ['/a.png', '/a.png', '/a.png'])
})

test('an address that is not public is never asked', async () => {
  let calls = 0
  await served(
    (_, response) => {
      calls++
      response.end()
    },
    async (url) => {
      assert.deepEqual(await look(url, { allowPrivate: false }), { ok: false, problem: 'The address must begin with https://.' })
      const port = new URL(url).port
      const home = async () => [{ address: '127.0.0.1', family: 4 }]
      assert.deepEqual(await look(`https://a.example.com:${port}/`, { allowPrivate: false, resolve: home }), {
        ok: false,
        problem: 'The name leads to an address that is not public.',
      })
    },
  )
  assert.equal(calls, 0)
})
