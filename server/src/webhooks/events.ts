/** Whose event it is: the WABA of the entry, the number of the value when it names one. */
interface From {
  readonly wabaId: string
  readonly phoneNumberId: string | null
}
export interface StatusEvent extends From {
  readonly kind: 'status'
  readonly wamid: string
  readonly status: 'sent' | 'delivered' | 'read' | 'failed'
  readonly at: Date
  readonly waId: string | null
  readonly userId: string | null
  readonly callbackData: string | null
  readonly errorCode: number | null
  readonly errorTitle: string | null
  readonly pricing: { readonly category: string; readonly type: string | null } | null
}
export interface MessageEvent extends From {
  readonly kind: 'message'
  readonly inboundId: string
  readonly at: Date
  readonly waId: string | null
  readonly userId: string | null
  readonly profileName: string | null
  readonly type: string
  /** What the person wrote, pressed or sent, as text for people. */
  readonly text: string
  /** wamid of the message it answers. */
  readonly contextId: string | null
  /** Payload of a quick reply, id of a reply button, or flow token. */
  readonly payload: string | null
}
export interface PreferenceEvent extends From {
  readonly kind: 'preference'
  readonly waId: string | null
  readonly userId: string | null
  readonly value: 'stop' | 'resume' | 'signup'
  readonly at: Date
}
export interface IdentityEvent extends From {
  readonly kind: 'identity'
  readonly waId: string | null
  readonly newWaId: string | null
  readonly previousUserId: string | null
  readonly userId: string | null
  readonly at: Date
}
export interface TemplateEvent extends From {
  readonly kind: 'template'
  readonly field: string
  readonly metaId: string | null
  readonly name: string
  readonly language: string
  readonly value: Readonly<Record<string, unknown>>
}
export interface AccountEvent extends From {
  readonly kind: 'account'
  readonly field: string
  readonly at: Date
  readonly value: Readonly<Record<string, unknown>>
}
/** An error not tied to a message. */
export interface ErrorEvent extends From {
  readonly kind: 'error'
  readonly code: number
  readonly title: string
}
export type MetaEvent = StatusEvent | MessageEvent | PreferenceEvent | IdentityEvent | TemplateEvent | AccountEvent | ErrorEvent

type Json = Readonly<Record<string, unknown>>
const object = (value: unknown): Json => (typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {})
const list = (value: unknown): Json[] => (Array.isArray(value) ? value.map(object) : [])
/** Text or number as text; empty is absent. Lone surrogates and NUL, which cannot be stored, are replaced. */
const text = (value: unknown): string | null => {
  if (typeof value === 'number') return String(value)
  if (typeof value !== 'string' || value === '') return null
  return value.isWellFormed() && !value.includes('\0') ? value : value.toWellFormed().replaceAll('\0', '\uFFFD')
}
/** Unix seconds, as text or number. */
const instant = (value: unknown, fallback: Date): Date => {
  const seconds = Number(value)
  return Number.isFinite(seconds) && seconds > 0 && seconds < 10_000_000_000 ? new Date(seconds * 1_000) : fallback
}

/** Whole numbers beyond 2^53 stay what they are, as text: template ids come near it. */
function parse(body: string): unknown {
  if (!/[:,[]\s*-?\d{16}/.test(body)) return JSON.parse(body) // looking at every value costs as much as all the rest
  return JSON.parse(body, ((_key: string, value: unknown, context: { source?: string }) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(context.source ?? '') ? context.source : value) as (
    key: string,
    value: unknown,
  ) => unknown)
}

/**
 * Everything one webhook body says. Lenient: unknown fields, keys and values are left alone, every array may be empty, contacts are matched
 * by id and never by place. Throws only when the body is not JSON.
 * @param receivedAt stands in for times that are missing
 */
export function readEvents(body: string, receivedAt: Date): MetaEvent[] {
  const root = object(parse(body))
  if (root.object !== 'whatsapp_business_account') return []
  return list(root.entry).flatMap((entry) => {
    const wabaId = text(entry.id) ?? ''
    const entryAt = instant(entry.time, receivedAt)
    return list(entry.changes).flatMap((change) => readChange(wabaId, text(change.field) ?? '', object(change.value), entryAt))
  })
}

function readChange(wabaId: string, field: string, value: Json, entryAt: Date): MetaEvent[] {
  const from = { wabaId, phoneNumberId: text(object(value.metadata).phone_number_id) }
  if (field === 'messages') return readMessages(from, value, entryAt)
  if (field === 'user_preferences')
    return list(value.user_preferences).flatMap((preference): MetaEvent[] => {
      const said = text(preference.value)
      if (said !== 'stop' && said !== 'resume' && said !== 'signup') return []
      return [
        {
          kind: 'preference',
          ...from,
          waId: text(preference.wa_id),
          userId: text(preference.user_id),
          value: said,
          at: instant(preference.timestamp, entryAt),
        },
      ]
    })
  if (field === 'user_id_update')
    return list(value.user_id_update).map((update) => {
      const id = object(update.user_id)
      return {
        kind: 'identity',
        ...from,
        waId: text(update.wa_id),
        newWaId: null,
        previousUserId: text(id.previous),
        userId: text(id.current),
        at: instant(update.timestamp, entryAt),
      }
    })
  if (/^(message_)?template_/.test(field)) {
    const name = text(value.message_template_name)
    const language = text(value.message_template_language)
    if (name === null || language === null) return []
    return [
      { kind: 'template', ...from, field, metaId: text(value.message_template_id), name, language: language.replaceAll('-', '_'), value },
    ]
  }
  if (/^(account_|phone_number_|business_capability|security|tracking_events)/.test(field))
    return [{ kind: 'account', ...from, field, at: entryAt, value }]
  return [] // fields of other products, echoes of the owner's phone, and whatever Meta invents next
}

function readMessages(from: From, value: Json, entryAt: Date): MetaEvent[] {
  const contacts = list(value.contacts)
  return [
    ...list(value.statuses).flatMap((status) => readStatus(from, status, contacts, entryAt)),
    ...list(value.messages).flatMap((message) => readMessage(from, message, contacts, entryAt)),
    ...(value.messages === undefined && value.statuses === undefined
      ? list(value.errors).map(
          (error): MetaEvent => ({ kind: 'error', ...from, code: Number(error.code) || 0, title: text(error.title) ?? '' }),
        )
      : []),
  ]
}

function readStatus(from: From, status: Json, contacts: readonly Json[], entryAt: Date): MetaEvent[] {
  const wamid = text(status.id)
  const name = text(status.status)
  if (wamid === null || (name !== 'sent' && name !== 'delivered' && name !== 'read' && name !== 'failed')) return []
  const waId = text(status.recipient_id)
  const userId = text(status.recipient_user_id)
  const contact = contacts.find(
    (known) => (waId !== null && text(known.wa_id) === waId) || (userId !== null && text(known.user_id) === userId),
  )
  const error = list(status.errors)[0]
  const pricing = object(status.pricing)
  const category = text(pricing.category)
  return [
    {
      kind: 'status',
      ...from,
      wamid,
      status: name,
      at: instant(status.timestamp, entryAt),
      waId: waId ?? text(contact?.wa_id),
      userId: userId ?? text(contact?.user_id),
      callbackData: text(status.biz_opaque_callback_data),
      errorCode: error === undefined ? null : codeOf(error.code),
      errorTitle: text(error?.title) ?? text(error?.message),
      pricing:
        category === null
          ? null
          : { category, type: text(pricing.type) ?? text(pricing.pricing_type) ?? (pricing.billable === true ? 'regular' : null) },
    },
  ]
}

const CODE_MAX = 2 ** 31 - 1
/** Meta's codes are whole numbers of at most seven digits; what no column holds is told as no code. */
function codeOf(value: unknown): number | null {
  const code = Number(value)
  return Number.isInteger(code) && Math.abs(code) <= CODE_MAX && code !== 0 ? code : null
}

function readMessage(from: From, message: Json, contacts: readonly Json[], entryAt: Date): MetaEvent[] {
  const inboundId = text(message.id)
  const type = text(message.type) ?? 'unknown'
  if (inboundId === null) return []
  const at = instant(message.timestamp, entryAt)
  const waId = text(message.from)
  const userId = text(message.from_user_id)
  if (type === 'system') {
    const system = object(message.system)
    if (text(system.type) !== 'user_changed_number') return []
    return [
      {
        kind: 'identity',
        ...from,
        waId,
        newWaId: text(system.new_wa_id) ?? text(system.wa_id),
        previousUserId: userId,
        userId: text(system.user_id),
        at,
      },
    ]
  }
  if (type === 'edit' || type === 'revoke' || type === 'request_welcome') return []
  const contact = contacts.find(
    (known) => (waId !== null && text(known.wa_id) === waId) || (userId !== null && text(known.user_id) === userId),
  )
  const { shown, payload } = contentOf(type, message)
  return [
    {
      kind: 'message',
      ...from,
      inboundId,
      at,
      waId,
      userId: userId ?? text(contact?.user_id),
      profileName: text(object(contact?.profile).name),
      type,
      text: shown.slice(0, 4_096),
      contextId: text(object(message.context).id),
      payload,
    },
  ]
}

function contentOf(type: string, message: Json): { shown: string; payload: string | null } {
  const part = object(message[type])
  switch (type) {
    case 'text':
      return { shown: text(part.body) ?? '', payload: null }
    case 'button':
      return { shown: text(part.text) ?? '', payload: text(part.payload) }
    case 'interactive': {
      const reply = object(part.button_reply ?? part.list_reply)
      const flow = object(part.nfm_reply)
      return {
        shown: text(reply.title) ?? text(flow.body) ?? text(flow.name) ?? '',
        payload: text(reply.id) ?? flowToken(text(flow.response_json)),
      }
    }
    case 'reaction':
      return { shown: text(part.emoji) ?? '', payload: null }
    default:
      return { shown: text(part.caption) ?? text(part.name) ?? text(part.filename) ?? '', payload: null }
  }
}

function flowToken(responseJson: string | null): string | null {
  try {
    return text(object(JSON.parse(responseJson ?? '{}')).flow_token)
  } catch {
    return null // what a person's Flow answered must not fail the rest
  }
}
