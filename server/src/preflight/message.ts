import { MB, mediaLimit } from '../accounts/media-limits.ts'
import type { Looked } from '../outgoing/look.ts'
import { type Check, type Finding, ok, type Seen, seen, warning } from './finding.ts'

/** What is known of the template a campaign sends. */
export interface TemplateFacts {
  readonly name: string
  readonly language: string
  readonly category: string
  readonly isApproved: boolean
  /** GREEN, YELLOW, RED, UNKNOWN. */
  readonly quality: string
  /** What Meta announced of it, such as another category; null: nothing. */
  readonly notice: string | null
}

const STATUS: Check = { code: 'template.status', title: 'The template is approved', fix: '', pointer: '/templateId' }
const QUALITY: Check = {
  code: 'template.quality',
  title: 'Quality of the template',
  fix: 'Start with a canary, or choose a template that people like better.',
  pointer: '/templateId',
}
const CATEGORY: Check = {
  code: 'template.category',
  title: 'Category of the template',
  fix: 'Read what Meta announced and see whether its price and rules still suit you.',
  pointer: '/templateId',
}

export function judgeTemplate({ name, language, category, isApproved, quality, notice }: TemplateFacts): Finding[] {
  const isLow = quality === 'RED' || quality === 'YELLOW'
  return [
    ...(isApproved ? [ok(STATUS, `${name} (${language}).`, seen('approved', { template: name, language }))] : []),
    isLow
      ? warning(QUALITY, `Meta rates it ${quality === 'RED' ? 'low' : 'medium'} and may pause it while the campaign runs.`, seen(quality))
      : ok(QUALITY, quality === 'GREEN' ? 'Meta rates it high.' : 'Meta has not rated it yet.', seen(quality)),
    notice === null
      ? ok(CATEGORY, `${category}; Meta announced no change.`, seen('unchanged', { category }))
      : warning(CATEGORY, `${category}. ${notice}`, seen('announced', { category, notice })),
  ]
}

const VARIABLES: Check = { code: 'variables', title: 'Every parameter has a value', fix: '', pointer: '/variables' }

/** @param keys the parameters of the template; undefined: they do not fit, which is refused by name */
export const judgeVariables = (keys: readonly string[] | undefined): Finding[] =>
  keys === undefined
    ? []
    : [
        keys.length === 0
          ? ok(VARIABLES, 'The template has none.', seen('none'))
          : ok(VARIABLES, `${keys.join(', ')}.`, seen('all', { keys: keys.join(', ') })),
      ]

const LANGUAGES: Check = {
  code: 'languages',
  title: 'Languages of the template',
  fix: 'Have these languages approved, or accept that their speakers get the campaign’s own.',
  pointer: '/languages',
}

/** @param members of the family, with the reason for which nobody gets one; null: it goes out in one language */
export function judgeLanguages(members: readonly { readonly language: string; readonly reason: string | null }[] | null): Finding[] {
  if (members === null) return []
  const unused = members.filter(({ reason }) => reason !== null)
  return [
    unused.length === 0
      ? ok(LANGUAGES, `${listed(members)}.`, seen('all', { languages: listed(members) }))
      : warning(
          LANGUAGES,
          `Not used: ${unused.map(({ language, reason }) => `${language} (${reason})`).join(' ')}`,
          seen('unused', { languages: listed(unused) }),
        ),
  ]
}

const listed = (members: readonly { readonly language: string }[]) => members.map(({ language }) => language).join(', ')

/** Media a message carries: uploaded, or behind an address. */
export interface MediaFacts {
  /** `headerMedia`, or the variable of a card. */
  readonly place: string
  /** What the template’s header is: image, video, document. */
  readonly kind: string
  readonly from:
    | { readonly link: string; readonly looked: Looked }
    /** Null: not uploaded here, so nothing is known of it. */
    | { readonly mediaId: string; readonly upload: UploadFacts | null }
}
export interface UploadFacts {
  readonly type: string
  /** Bytes. */
  readonly size: number
  readonly expiresAt: Date
  /** It is uploaded again by itself before it expires. */
  readonly isKept: boolean
}

const MEDIA: Check = { code: 'media', title: 'Media of the message', fix: '', pointer: '/headerMedia' }
const UNREACHABLE: Check = {
  code: 'media.unreachable',
  title: 'The media cannot be fetched',
  fix: 'Correct the address so that anybody can fetch it over https, or upload the file.',
  pointer: '/headerMedia',
}
const UNFIT: Check = {
  code: 'media.unfit',
  title: 'Meta will not take the media',
  fix: 'Use a file of a type and size that Meta takes for this header.',
  pointer: '/headerMedia',
}
const EXPIRES: Check = {
  code: 'media.expires',
  title: 'The media expires before the campaign ends',
  fix: 'Upload the file again.',
  pointer: '/headerMedia',
}
const UNKNOWN: Check = {
  code: 'media.unknown',
  title: 'Nothing is known of the media',
  fix: 'Upload the file here, so that its age is known and it is renewed.',
  pointer: '/headerMedia',
}

/**
 * One finding for each medium.
 * @param endsAt when the last message goes; null: not known
 */
export const judgeMedia = (media: readonly MediaFacts[], now: Date, endsAt: Date | null): Finding[] =>
  media.map((medium) => {
    const pointer = medium.place === 'headerMedia' ? '/headerMedia' : `/variables/${medium.place}`
    return { ...judgeMedium(medium, now, endsAt), pointer }
  })

function judgeMedium({ place, kind, from }: MediaFacts, now: Date, endsAt: Date | null): Finding {
  if ('link' in from) {
    const { looked, link } = from
    if (!looked.ok)
      return warning(UNREACHABLE, `${place}, ${link}: ${looked.problem}`, seen('link', { place, link, problem: looked.problem }))
    const wrong = unfit(kind, looked.type, looked.size)
    return wrong === undefined
      ? ok(MEDIA, `${place}: fetched from ${link}.`, seen('fetched', { place, link }))
      : warning(UNFIT, `${place}: ${wrong.text}`, placed(wrong.seen, place))
  }
  const { upload, mediaId } = from
  if (upload === null) return warning(UNKNOWN, `${place}: ${mediaId} was not uploaded here.`, seen('foreign', { place, mediaId }))
  const wrong = unfit(kind, upload.type, upload.size)
  if (wrong !== undefined) return warning(UNFIT, `${place}: ${wrong.text}`, placed(wrong.seen, place))
  if (upload.isKept) return ok(MEDIA, `${place}: uploaded, and renewed before it expires.`, seen('kept', { place }))
  const until = upload.expiresAt.toISOString()
  return upload.expiresAt <= (endsAt ?? now)
    ? warning(EXPIRES, `${place}: Meta forgets it at ${until}, and the file is not kept here.`, seen('until', { place, until }))
    : ok(MEDIA, `${place}: uploaded, at Meta until ${until}.`, seen('until', { place, until }))
}

const placed = ({ name, values }: Seen, place: string): Seen => seen(name, { ...values, place })

/** What is wrong with a type and size for a kind of header; a size that is not told is not judged. */
function unfit(kind: string, type: string | null, size: number | null): { readonly text: string; readonly seen: Seen } | undefined {
  if (type === null) return { text: 'its address does not say what type it is.', seen: seen('untyped') }
  const limit = mediaLimit(type)
  if (limit?.kind !== kind) return { text: `it is ${type}, which is no ${kind} that Meta takes.`, seen: seen('type', { type }) }
  if (size !== null && size > limit.megabytes * MB)
    return {
      text: `it has ${(size / MB).toFixed(1)} MB, and a header’s ${kind} ${limit.megabytes} MB at most.`,
      seen: seen('size', { size: (size / MB).toFixed(1), most: limit.megabytes }),
    }
  return size === 0 ? { text: 'it is empty.', seen: seen('empty') } : undefined
}

const LINKS: Check = {
  code: 'links',
  title: 'Where tracked links lead',
  fix: 'Give a whole address, beginning with https://.',
  pointer: '/variables',
}

/** Destinations of tracked links as they are written; what a contact’s fields complete cannot be judged before. */
export function judgeLinks(links: readonly { readonly key: string; readonly source: string }[]): Finding[] {
  if (links.length === 0) return []
  const wrong = links.filter(({ source }) => !isWellFormed(source))
  return wrong.length === 0
    ? [ok(LINKS, `${written(links)}.`, seen('whole', { links: written(links) }))]
    : wrong.map(({ key, source }) => ({
        ...warning(LINKS, `${key}: ${source}`, seen('broken', { key, source })),
        pointer: `/variables/${key}`,
      }))
}

const written = (links: readonly { readonly key: string; readonly source: string }[]) =>
  links.map(({ key, source }) => `${key}: ${source}`).join(', ')

function isWellFormed(source: string): boolean {
  const text = source.trim()
  // a value stands for what a contact brings: a whole path, or part of it
  const filled = text.replaceAll(/\{\{.*?\}\}|\{%.*?%\}/gs, 'x')
  const url = URL.parse(filled)
  return url !== null && /^https?:$/.test(url.protocol) && url.hostname.includes('.') && !/\s/.test(filled) && url.username === ''
}
