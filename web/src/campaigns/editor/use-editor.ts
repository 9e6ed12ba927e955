import { useDebouncedValue } from '@mantine/hooks'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { createContext, use, useEffect, useState, useSyncExternalStore } from 'react'
import { ApiProblem } from '../../api/problem.ts'
import { makeFormat } from '../../parts/format.ts'
import { instantOfWall, wallTimeOf } from '../../parts/wall-time.ts'
import { useSession } from '../../session/session.tsx'
import { useStrings } from '../../strings/language.tsx'
import { type Template, templateQuery } from '../../templates/queries.ts'
import type { Campaign } from '../queries.ts'
import { editorRoute } from '../routes.ts'
import { type Draft, draftOf, emptyDraft, inputOf, missingIn, previewInputOf } from './draft.ts'
import { askingFor, useFamily } from './family.ts'
import { type FieldProblem, missingProblem, problemsOf, type Step } from './problems.ts'
import { campaignStore, previewQuery } from './queries.ts'
import { Saver, type Stored } from './saver.ts'

const REST_MS = 400

/** One campaign being written: its draft, what is stored of it, and what the API says about it. */
export type Editor = ReturnType<typeof useNewEditor>

const Context = createContext<Editor | undefined>(undefined)
export const EditorProvider = Context.Provider
export function useEditor(): Editor {
  const editor = use(Context)
  if (editor === undefined) throw new Error('useEditor outside the editor')
  return editor
}

/** @param opened the campaign to edit; without it, a new one */
export function useNewEditor(opened: Stored<Campaign> | undefined) {
  const { t, locale } = useStrings()
  const { workspace } = useSession()
  const search = useSearch({ from: editorRoute.id })
  const navigate = useNavigate()
  const [draft, setDraft] = useState<Draft>(() => (opened === undefined ? emptyDraft(search.template ?? null) : draftOf(opened.item)))
  const [saver] = useState(
    () => new Saver(campaignStore, opened, opened && inputOf(draftOf(opened.item), opened.item.scheduledAt ?? undefined)),
  )
  const save = useSyncExternalStore(
    (listener) => saver.subscribe(listener),
    () => saver.state,
  )
  const campaign = save.stored?.item
  const isScheduled = campaign?.status === 'Scheduled'

  const zone = draft.timeZone ?? workspace.timeZone
  const plannedWall = campaign?.scheduledAt == null ? undefined : wallTimeOf(campaign.scheduledAt, zone)
  const at = search.at ?? plannedWall ?? 'now'
  const scheduledAt = at === 'now' ? undefined : instantOfWall(at, zone)

  const input = inputOf(draft, isScheduled ? scheduledAt?.toISOString() : undefined)
  const wanted = JSON.stringify(input)
  // A draft is stored as it is written; what is scheduled changes only when the person says so, for it will be sent.
  // biome-ignore lint/correctness/useExhaustiveDependencies: `wanted` is the input
  useEffect(() => saver.want(input, !isScheduled), [saver, wanted, isScheduled])
  useLeaveGuard(save.phase !== 'idle')

  const template = useTemplate(draft.templateId)
  const family = useFamily(template)
  const asking = template !== undefined && draft.languages === 'family' ? askingFor(template, family) : template
  const missing = asking === undefined ? [] : missingIn(draft, asking)
  const previewed =
    template === undefined || missing.length > 0 ? undefined : JSON.stringify(previewInputOf(draft, scheduledAt?.toISOString()))
  const [asked] = useDebouncedValue(previewed, REST_MS)
  const preview = useQuery({
    ...previewQuery(asked ?? '{}'),
    enabled: asked !== undefined && previewed !== undefined,
    // what the last message and audience came to stands, faded, until the new answer is here
    placeholderData: (old) => old,
  })

  const [passed, setPassed] = useState<ReadonlySet<Step>>(new Set())
  const step: Step = search.step ?? 'message'
  const refusal = (error: unknown) => (error instanceof ApiProblem ? error : undefined)
  const problems = [
    ...missing.map((path) => missingProblem(path, t('editor.lacksValue', { place: path.replace(/^variables\./, '') }))),
    ...problemsOf([save.phase === 'failed' ? save.problem : undefined, previewed === undefined ? undefined : refusal(preview.error)]),
  ]

  return {
    draft,
    save,
    saver,
    campaign,
    isScheduled,
    template,
    /** Its languages, its own first. */
    family,
    /** The template with the parameters of every language that is sent. */
    asking,
    /** Undefined data while something is missing. */
    preview: previewed === undefined ? { ...preview, data: undefined, error: null, isSuccess: false } : preview,
    isPreviewStale: preview.isPlaceholderData || asked !== previewed,
    step,
    zone,
    /** The time it is scheduled for, by the clock of its own zone; empty when it goes out now. */
    scheduledText: scheduledAt === undefined ? '' : `${makeFormat(locale, zone).dateTime(scheduledAt)} (${zone})`,
    /** `now`, or a wall-clock time in `zone`. */
    at,
    scheduledAt,
    input,
    problems,
    /** What is wrong with a field, once the person has had the chance to fill it. */
    errorAt(path: string, isExact = false): string | undefined {
      const isHere = (problem: FieldProblem) => problem.path === path || (!isExact && problem.path.startsWith(`${path}.`))
      const problem = problems.find(isHere)
      if (problem === undefined || (problem.isMissing && !passed.has(problem.step) && step !== 'review')) return undefined
      return problem.detail
    },
    change(changes: Partial<Draft>) {
      setDraft((old) => ({ ...old, ...changes }))
    },
    replace: setDraft,
    go(next: Step) {
      setPassed((old) => new Set([...old, step]))
      void navigate({ to: '.', search: (old) => ({ ...old, step: next === 'message' ? undefined : next }) })
    },
    setAt(next: string) {
      void navigate({
        to: '.',
        search: (old) => ({ ...old, at: next === (plannedWall ?? 'now') ? undefined : next }),
        replace: true,
        resetScroll: false,
      })
    },
  }
}

function useTemplate(id: string | null): Template | undefined {
  const { data } = useQuery({ ...templateQuery(id ?? ''), enabled: id !== null, staleTime: 30_000 })
  return data?.id === id ? data : undefined
}

/** Asks before the browser leaves a page whose last words are not stored. */
function useLeaveGuard(isOpen: boolean): void {
  useEffect(() => {
    if (!isOpen) return
    const ask = (event: BeforeUnloadEvent) => event.preventDefault()
    addEventListener('beforeunload', ask)
    return () => removeEventListener('beforeunload', ask)
  }, [isOpen])
}

/** Takes the version that is stored now instead of one's own. */
export function useTakeTheirs(): () => Promise<void> {
  const { saver, save, replace } = useEditor()
  const queries = useQueryClient()
  return async () => {
    if (save.stored === undefined) return
    const theirs = await campaignStore.load(save.stored.item.id)
    replace(draftOf(theirs.item))
    saver.accept(theirs, inputOf(draftOf(theirs.item), theirs.item.scheduledAt ?? undefined))
    await queries.invalidateQueries({ queryKey: ['campaigns'] })
  }
}
