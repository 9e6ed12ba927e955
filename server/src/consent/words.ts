import { type Db, one, sql } from '../platform/db.ts'
import type { FieldError } from '../platform/problem.ts'
import { BUILT_IN_WORDS, fold, foldLists, type OwnWords, type WordList } from '../webhooks/stop-words.ts'

export const WORDS_MAX = 200
export const WORD_LENGTH_MAX = 64

/** What a workspace added to the built-in words, as people wrote it. */
export interface WordLists {
  readonly stop: readonly WordList[]
  readonly start: readonly WordList[]
}

export const wordLists = (db: Db, workspaceId: string, lock: 'FOR UPDATE' | '' = ''): Promise<WordLists> =>
  one<WordLists>(
    db,
    lock === ''
      ? sql`SELECT stop_words AS stop, start_words AS start FROM workspace WHERE id = ${workspaceId}`
      : sql`SELECT stop_words AS stop, start_words AS start FROM workspace WHERE id = ${workspaceId} FOR UPDATE`,
  )

/** As they compare. */
export async function ownWords(db: Db, workspaceId: string): Promise<OwnWords> {
  const { stop, start } = await wordLists(db, workspaceId)
  return { stop: foldLists(stop), start: foldLists(start) }
}

/** Saved words count at intake within this time; the processor reads them anew with each batch. */
export const WORDS_CACHE_MS = 5_000

/**
 * The words of workspaces for whoever hears every message: read at most once in five seconds and workspace, however many messages come.
 * @param nowMs a clock that never goes back
 */
export function rememberedWords(
  read: (workspaceId: string) => Promise<OwnWords>,
  nowMs: () => number = () => performance.now(),
): (workspaceId: string) => Promise<OwnWords> {
  const known = new Map<string, { readonly words: Promise<OwnWords>; readonly untilMs: number }>()
  return (workspaceId) => {
    const remembered = known.get(workspaceId)
    if (remembered !== undefined && remembered.untilMs > nowMs()) return remembered.words
    const entry = { words: read(workspaceId), untilMs: nowMs() + WORDS_CACHE_MS }
    known.set(workspaceId, entry)
    entry.words.catch(() => {
      if (known.get(workspaceId) === entry) known.delete(workspaceId) // a store that is away is asked again
    })
    return entry.words
  }
}

/** Everything that is wrong with words somebody wrote; built-in words are theirs already, so repeating one changes nothing. */
export function wordProblems(lists: WordLists): FieldError[] {
  const all = (['stop', 'start'] as const).flatMap((kind) =>
    lists[kind].flatMap(({ words }, i) =>
      words.map((word, n) => ({ kind, word, folded: fold(word), pointer: `/${kind}/${i}/words/${n}` })),
    ),
  )
  const own = { stop: foldLists(lists.stop), start: foldLists(lists.start) }
  const problems = all.flatMap(({ kind, word, folded, pointer }): FieldError[] => {
    const opposite = kind === 'stop' ? 'start' : 'stop'
    if (folded === '') return [{ pointer, detail: 'has neither a letter nor a digit.' }]
    if (BUILT_IN_WORDS[opposite].has(folded)) return [{ pointer, detail: `“${word}” is a built-in ${opposite} word.` }]
    return own[opposite].has(folded) ? [{ pointer, detail: `“${word}” cannot be both a stop and a start word.` }] : []
  })
  for (const kind of ['stop', 'start'] as const) {
    const labels = lists[kind].map(({ language }) => language.toLowerCase())
    for (const [i, label] of labels.entries())
      if (labels.indexOf(label) < i) problems.push({ pointer: `/${kind}/${i}/language`, detail: 'stands twice; put its words together.' })
  }
  if (all.length > WORDS_MAX) problems.push({ pointer: '', detail: `At most ${WORDS_MAX} words in all; these are ${all.length}.` })
  return problems
}
