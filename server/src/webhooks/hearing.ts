import { phoneKey } from '../contacts/identity.ts'
import type { MessageEvent, MetaEvent } from './events.ts'
import { isStartWord, isStopButton, isStopWord, type OwnWords } from './stop-words.ts'

export interface OptOutFact {
  readonly key: string
  readonly source: 'word' | 'button' | 'meta'
  readonly saidAt: Date
}

/** Meta's code for "this person stopped marketing messages from this business". */
export const STOPPED_MARKETING = 131050

/** Which messages of people mean stop or start in one workspace. */
export interface Hearing {
  readonly stops: (event: MessageEvent) => boolean
  readonly starts: (event: MessageEvent) => boolean
}

/**
 * @param acknowledged facts that intake took from the same messages: they stop here too, whatever became of the workspace's words between
 * our 200 and now
 */
export function hearingOf(own: OwnWords, acknowledged: readonly OptOutFact[] = []): Hearing {
  const told = new Set(acknowledged.map(markOf))
  const stops = (event: MessageEvent) => {
    const source = sourceOf(event)
    if (source === undefined) return false
    const isSaid = source === 'word' ? isStopWord(event.text, own) : isStopButton(event.text, own)
    return isSaid || (told.size > 0 && factsOf(source, event, event.at).some((fact) => told.has(markOf(fact))))
  }
  return { stops, starts: (event) => event.type === 'text' && isStartWord(event.text, own) && !stops(event) }
}

const markOf = ({ key, source, saidAt }: OptOutFact): string => `${source} ${saidAt.getTime()} ${key}`

/** How such a message would stop somebody; undefined: it cannot, whatever it says. */
export const sourceOf = ({ type }: MessageEvent): 'word' | 'button' | undefined =>
  type === 'text' ? 'word' : type === 'button' || type === 'interactive' ? 'button' : undefined

/** The opt-outs a body tells, by the keys of the people: read before the 200, so that what we acknowledged already stops sending. */
export function optOutFacts(events: readonly MetaEvent[], { stops }: Hearing): OptOutFact[] {
  return events.flatMap((event): OptOutFact[] => {
    if (event.kind === 'preference' && event.value === 'stop') return factsOf('meta', event, event.at)
    if (event.kind === 'status' && event.errorCode === STOPPED_MARKETING) return factsOf('meta', event, event.at)
    if (event.kind !== 'message' || !stops(event)) return []
    return factsOf(sourceOf(event) ?? 'word', event, event.at)
  })
}

const factsOf = (
  source: OptOutFact['source'],
  { waId, userId }: { readonly waId: string | null; readonly userId: string | null },
  saidAt: Date,
): OptOutFact[] => [waId === null ? null : phoneKey(waId), userId].filter((key) => key !== null).map((key) => ({ key, source, saidAt }))
