import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventParser } from './event-parser.ts'
import { openStream, type StreamState } from './event-stream.ts'

const STREAM = 'retry: 2000\n\n: beat\n\nid: 7\nevent: campaign\ndata: {"a":\ndata: 1}\n\nid: 8\ndata: x\n\n'

test('events are whole however the stream is cut', () => {
  for (let size = 1; size <= STREAM.length; size++) {
    const parse = eventParser()
    const events = []
    for (let at = 0; at < STREAM.length; at += size) events.push(...parse(STREAM.slice(at, at + size)))
    assert.deepEqual(events, [
      { id: '7', event: 'campaign', data: '{"a":\n1}' },
      { id: '8', event: 'message', data: 'x' },
    ])
  }
})

test('after a loss the stream is asked for again, from the last event that was seen', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const asked: (string | null)[] = []
  const states: StreamState[] = []
  const answers = [
    () => new Response('id: 4\nevent: campaign\ndata: one\n\n'),
    () => new Response(null, { status: 503 }),
    () => new Response('id: 5\nevent: campaign\ndata: two\n\n'),
  ]
  const seen: string[] = []
  await new Promise<void>((resolve) => {
    const stream = openStream({
      path: '/stream',
      onState: (state) => {
        states.push(state)
        if (state === 'lost') queueMicrotask(() => setImmediate(() => t.mock.timers.tick(60_000)))
      },
      onEvent: ({ data }) => {
        seen.push(data)
        if (data !== 'two') return
        stream.close()
        resolve()
      },
      fetch: (async (_: string, init: RequestInit) => {
        asked.push(new Headers(init.headers).get('last-event-id'))
        return answers.shift()?.() ?? Response.error()
      }) as typeof fetch,
    })
  })
  assert.deepEqual(asked, [null, '4', '4'])
  assert.deepEqual(seen, ['one', 'two'])
  assert.deepEqual(states, ['connecting', 'open', 'lost', 'lost', 'open'])
})

test('what may not be seen is not asked for again', async () => {
  let asked = 0
  const last = await new Promise<StreamState>((resolve) =>
    openStream({
      path: '/stream',
      onEvent: () => {},
      onState: (state) => state !== 'connecting' && resolve(state),
      fetch: (async () => {
        asked++
        return new Response(null, { status: 404 })
      }) as unknown as typeof fetch,
    }),
  )
  assert.deepEqual([last, asked], ['ended', 1])
})
