import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { audit } from '../platform/audit.ts'
import { run, sql } from '../platform/db.ts'
import {
  type AppEnv,
  body,
  checkIfMatch,
  type Deps,
  etagOfFields,
  IdParam,
  invalidInput,
  json,
  principalOf,
  requirePermission,
  router,
} from '../platform/http.ts'
import { write } from '../platform/idempotency.ts'
import { Problem, usual, usualBody } from '../platform/problem.ts'
import { BUILT_IN } from '../webhooks/stop-words.ts'
import { WORD_LENGTH_MAX, WORDS_MAX, type WordLists, wordLists, wordProblems } from './words.ts'

const isPrintable = (text: string) => !/\p{Cc}/u.test(text) && text.isWellFormed()
const Word = z.string().trim().min(1).max(WORD_LENGTH_MAX).refine(isPrintable, 'holds a control character')
const Language = z.string().trim().min(1).max(35).refine(isPrintable, 'holds a control character')
const WordListInput = z.strictObject({ language: Language, words: z.array(Word).min(1).max(WORDS_MAX) }).openapi('WordListInput')
const WordsInput = z
  .strictObject({ stop: z.array(WordListInput).max(WORDS_MAX), start: z.array(WordListInput).max(WORDS_MAX) })
  .openapi('ConsentWordsInput')
const WordListOut = z.object({ language: z.string(), words: z.array(z.string()) }).openapi('WordList')
const Words = z
  .object({
    stop: z.array(WordListOut),
    start: z.array(WordListOut),
    builtIn: z
      .object({ stop: z.array(WordListOut), start: z.array(WordListOut) })
      .openapi({ description: 'Those of every workspace; they cannot be taken away' }),
  })
  .openapi('ConsentWords')

const copied = (lists: WordLists) => ({
  stop: lists.stop.map(({ language, words }) => ({ language, words: [...words] })),
  start: lists.start.map(({ language, words }) => ({ language, words: [...words] })),
})
const etag = (lists: WordLists) => etagOfFields(copied(lists)) // keys in one order, whatever order the store keeps

/** Words by which people stop and start messages, beside the built-in ones. */
export function wordRoutes({ pool }: Deps): OpenAPIHono<AppEnv> {
  const routes = router()

  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/Workspace/{id}/words',
      operationId: 'getConsentWords',
      tags: ['Workspace'],
      summary: 'The words that stop and start messages: the workspace’s own and the built-in ones',
      ...requirePermission('Workspace:View'),
      request: { params: IdParam },
      responses: { 200: json(Words), ...usual(404) },
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      checkOwn(id, principalOf(c).workspaceId)
      const lists = await wordLists(pool, id)
      c.header('ETag', etag(lists))
      return c.json({ ...copied(lists), builtIn: copied(BUILT_IN) }, 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'put',
      path: '/api/v1/Workspace/{id}/words',
      operationId: 'updateConsentWords',
      tags: ['Workspace'],
      summary: 'Replace the workspace’s own words that stop and start messages',
      description: 'They count within five seconds. Built-in words stay whatever is said here. People whom a word stopped stay out.',
      ...requirePermission('Workspace:Edit'),
      request: { params: IdParam, body: body(WordsInput) },
      responses: { 200: json(Words), ...usualBody(404, 412) },
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      const input = c.req.valid('json')
      await write(c, 200, async (tx, principal) => {
        checkOwn(id, principal.workspaceId)
        const before = await wordLists(tx, id, 'FOR UPDATE')
        checkIfMatch(c, etag(before))
        const problems = wordProblems(input)
        if (problems.length > 0) throw invalidInput(problems)
        await run(
          tx,
          sql`UPDATE workspace SET stop_words = ${JSON.stringify(input.stop)}, start_words = ${JSON.stringify(input.start)} WHERE id = ${id}`,
        )
        await audit(tx, principal, { action: 'workspace.words', objectType: 'Workspace', objectId: id, detail: { before, after: input } })
      })
      c.header('ETag', etag(input))
      return c.json({ ...copied(input), builtIn: copied(BUILT_IN) }, 200)
    },
  )
  return routes
}

function checkOwn(id: string, workspaceId: string): void {
  if (id !== workspaceId) throw new Problem('not-found', 'There is no such workspace.')
}
