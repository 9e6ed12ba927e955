import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiProblem } from '../../api/problem.ts'
import type { CampaignInput } from './draft.ts'
import { Saver, type Store, type Stored } from './saver.ts'

const input = (name: string): CampaignInput => ({ name, templateId: 't', contactFilter: {} })
const conflict = new ApiProblem(412, { code: 'precondition-failed' })

/** A server that keeps one campaign, answers when told to, and honours If-Match. */
function server() {
  const calls: string[] = []
  const keys = new Set<string>()
  let isLost = false
  let version = 0
  let gate: Promise<void> = Promise.resolve()
  let open = () => {}
  const answer = async (name: string): Promise<Stored<string>> => {
    await gate
    version += 1
    return { item: name, etag: String(version) }
  }
  const store: Store<string> = {
    async create(body, key) {
      calls.push(`create ${body.name}`)
      keys.add(key)
      const made = await answer(body.name)
      if (isLost) throw new ApiProblem(0, {})
      return made
    },
    async update(_, body, etag) {
      calls.push(`update ${body.name}`)
      if (etag !== null && etag !== String(version)) throw conflict
      return answer(body.name)
    },
  }
  return {
    calls,
    keys,
    store,
    /** Whether answers to creations get lost on their way. */
    lose(lost: boolean) {
      isLost = lost
    },
    /** From now on, answers wait until `open` is called. */
    hold() {
      gate = new Promise((resolve) => {
        open = resolve
      })
    },
    open: () => open(),
    changedByOther() {
      version += 1
    },
  }
}

test('a campaign is made once, and the latest version is stored last, whatever is typed meanwhile', async () => {
  const { store, calls, hold, open } = server()
  const saver = new Saver(store)
  hold()
  saver.want(input('a'))
  const first = saver.flush()
  saver.want(input('ab'))
  saver.want(input('abc'))
  const second = saver.flush()
  assert.equal(saver.state.phase, 'saving')
  open()
  await Promise.all([first, second])
  assert.deepEqual(calls, ['create a', 'update abc'])
  assert.equal(saver.state.stored?.item, 'abc')
  assert.equal(saver.state.phase, 'idle')
})

test('what is stored already is not sent again', async () => {
  const { store, calls } = server()
  const saver = new Saver(store, { item: 'a', etag: '0' }, input('a'))
  saver.want(input('a'))
  await saver.flush()
  assert.deepEqual(calls, [])
})

test('a change by somebody else is not overwritten unless the person says so', async () => {
  const { store, changedByOther } = server()
  const saver = new Saver(store)
  saver.want(input('a'), false)
  await saver.flush()
  changedByOther()
  saver.want(input('b'), false)
  await assert.rejects(saver.flush(), conflict)
  assert.equal(saver.state.phase, 'failed')
  assert.equal(saver.state.stored?.item, 'a')
  assert.equal((await saver.flush(true))?.item, 'b')
  assert.equal(saver.state.phase, 'idle')
})

test('the version of somebody else can be taken: then nothing is left to store', async () => {
  const { store, calls } = server()
  const saver = new Saver(store, { item: 'a', etag: '0' }, input('a'))
  saver.want(input('mine'), false)
  saver.accept({ item: 'theirs', etag: '7' }, input('theirs'))
  await saver.flush()
  assert.deepEqual(calls, [])
})

test('what cannot be stored yet is not tried', async () => {
  const { store, calls } = server()
  const saver = new Saver(store)
  saver.want(undefined)
  assert.equal(await saver.flush(), undefined)
  assert.deepEqual(calls, [])
})

test('a creation whose answer was lost is asked for again as it was: one campaign, then its latest version', async () => {
  const { store, calls, keys, lose } = server()
  const saver = new Saver(store)
  lose(true)
  saver.want(input('a'), false)
  await assert.rejects(saver.flush())
  lose(false)
  saver.want(input('ab'), false)
  assert.equal((await saver.flush())?.item, 'ab')
  assert.deepEqual(calls, ['create a', 'create a', 'update ab'])
  assert.equal(keys.size, 1)
})
