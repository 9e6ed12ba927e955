import type { Context } from 'hono'
import { decodeText } from '../imports/decode.ts'
import { audit } from '../platform/audit.ts'
import { type AppEnv, invalidInput } from '../platform/http.ts'
import { write } from '../platform/idempotency.ts'
import { readMultipart } from '../platform/multipart.ts'
import { Problem } from '../platform/problem.ts'
import { cardById, listCards, putCard } from './cards.ts'
import { readRateCsv } from './csv.ts'

const FILE_BYTES_MAX = 1_048_576

/** Reads a rate card file and stores its cards, all or none: a faulty line refuses the file and is named. */
export async function importRateCards(c: Context<AppEnv>) {
  let text: string | undefined
  await readMultipart(
    { contentType: c.req.header('content-type'), body: c.req.raw.body, announced: Number(c.req.header('content-length') ?? 0) },
    {
      fileField: 'file',
      maxBytes: FILE_BYTES_MAX,
      onFile: async ({ bytes }) => {
        text = ''
        for await (const part of decodeText(bytes as AsyncIterable<Buffer>)) text += part
      },
    },
  )
  if (text === undefined) throw invalidInput([{ pointer: '/file', detail: 'The form has no file.' }])
  const { cards, ignored, faults } = readRateCsv(text)
  if (faults.length > 0)
    throw new Problem('unreadable-rate-card', `${faults.length} lines are not valid; nothing was stored.`, {
      errors: faults.slice(0, 100).map(({ line, detail }) => ({ pointer: `/file/${line}`, detail })),
    })
  if (cards.length === 0) throw new Problem('unreadable-rate-card', 'The file has no rates.')
  return write(c, 201, async (tx, principal) => {
    const { workspaceId } = principal
    const stored = []
    for (const { effectiveFrom, currency, rates } of cards)
      stored.push(await putCard(tx, workspaceId, { name: `Imported ${effectiveFrom}`, currency, effectiveFrom, rates }))
    const ids = new Set(stored.map(({ id }) => id))
    await audit(tx, principal, { action: 'rateCard.import', objectType: 'RateCard', detail: { cards: [...ids] } })
    const { items } = await listCards(tx, workspaceId, 200, 0)
    return { cards: items.filter(({ id }) => ids.has(id)), ignored }
  })
}

/** The card, or 404. */
export async function knownCard(...args: Parameters<typeof cardById>) {
  const card = await cardById(...args)
  if (card === undefined) throw new Problem('not-found', 'There is no such rate card.')
  return card
}
