import { request } from 'undici'
import { between, chance, hash } from './chance.ts'
import { errorMessage } from './graph-error.ts'
import type { Ledger } from './ledger.ts'
import type { PersonModel, SimNumber, SimWaba } from './options.ts'
import type { Poster } from './poster.ts'
import type { SendRequest } from './validate.ts'

/** An accepted message on its way to a person. */
export interface Delivery {
  readonly wamid: string
  readonly waba: SimWaba
  readonly number: SimNumber
  readonly send: SendRequest
  readonly isPaused: boolean
}

/** Countries as calling codes, enough for made-up business-scoped user ids. */
const COUNTRY: readonly (readonly [string, string])[] = [
  ['91', 'IN'],
  ['55', 'BR'],
  ['52', 'MX'],
  ['44', 'GB'],
  ['49', 'DE'],
  ['20', 'EG'],
  ['1', 'US'],
]

/** The number as WhatsApp resolves it: Mexico with its old prefix, Brazil at times without the ninth digit (reference §13). */
export function waIdOf(to: string): string {
  const digits = to.replace(/\D/g, '')
  if (/^52[^1]\d{9}$/.test(digits) && hash(digits) % 2 === 0) return `521${digits.slice(2)}`
  if (/^55\d{2}9\d{8}$/.test(digits) && hash(digits) % 2 === 0) return `55${digits.slice(2, 4)}${digits.slice(5)}`
  return digits
}
export const userIdOf = (waId: string): string =>
  `${COUNTRY.find(([code]) => waId.startsWith(code))?.[1] ?? 'XX'}.${String(hash(waId)).padStart(10, '0')}${String(hash(`${waId}x`)).padStart(9, '0')}`

export interface People {
  readonly model: PersonModel
  /** Schedules everything this message makes a person do. Returns the `sent` status, for those who post it early. */
  receive(delivery: Delivery): void
  /** The value of a webhook with one inbound message from this person. */
  inbound(waba: SimWaba, number: SimNumber, from: string, message: Record<string, unknown>): Record<string, unknown>
}

export function makePeople(options: {
  readonly model: PersonModel
  readonly seed: number
  readonly poster: Poster
  readonly ledger: Ledger
  readonly now: () => number
}): People {
  const { model, poster, ledger } = options
  let inboundCount = 0

  const metadata = (number: SimNumber) => ({
    display_phone_number: number.displayPhoneNumber.replace(/\D/g, ''),
    phone_number_id: number.phoneNumberId,
  })
  const identity = (send: SendRequest) => {
    const waId = send.to === null ? null : waIdOf(send.to)
    return { waId, userId: send.recipient ?? userIdOf(waId ?? '') }
  }
  const seconds = (ms: number) => String(Math.floor((options.now() + ms) / 1_000))

  function statusValue(delivery: Delivery, status: string, inMs: number, code?: number): Record<string, unknown> {
    const { waId, userId } = identity(delivery.send)
    const category = delivery.send.template.category.toLowerCase()
    const isFailed = status === 'failed'
    return {
      messaging_product: 'whatsapp',
      metadata: metadata(delivery.number),
      ...(isFailed
        ? {}
        : {
            contacts: [{ profile: { name: `Person ${hash(userId) % 1_000}` }, ...(waId === null ? {} : { wa_id: waId }), user_id: userId }],
          }),
      statuses: [
        {
          id: delivery.wamid,
          status,
          timestamp: seconds(inMs),
          ...(waId === null ? {} : { recipient_id: waId }),
          ...(isFailed ? {} : { recipient_user_id: userId }),
          ...(delivery.send.callbackData === null ? {} : { biz_opaque_callback_data: delivery.send.callbackData }),
          ...(status === 'sent' || status === 'delivered'
            ? { pricing: { billable: true, pricing_model: 'PMP', type: 'regular', category } }
            : {}),
          ...(code === undefined
            ? {}
            : { errors: [{ code, title: errorMessage(code), message: errorMessage(code), error_data: { details: errorMessage(code) } }] }),
        },
      ],
    }
  }

  function inbound(_waba: SimWaba, number: SimNumber, from: string, message: Record<string, unknown>): Record<string, unknown> {
    const waId = waIdOf(from)
    const userId = userIdOf(waId)
    inboundCount++
    return {
      messaging_product: 'whatsapp',
      metadata: metadata(number),
      contacts: [{ profile: { name: `Person ${hash(userId) % 1_000}` }, wa_id: waId, user_id: userId }],
      messages: [
        {
          from: waId,
          from_user_id: userId,
          id: `wamid.IN${Buffer.from(`${waId}.${inboundCount}`).toString('base64url')}`,
          timestamp: seconds(0),
          ...message,
        },
      ],
    }
  }

  return {
    model,
    inbound,
    receive(delivery) {
      const { send, waba } = delivery
      const who = send.to ?? send.recipient ?? ''
      const roll = chance(hash(`${options.seed} ${who} ${send.template.name}`))
      const scaled = (range: [number, number]) => between(range, roll()) * model.timeScale
      const later = (field: string, value: Record<string, unknown>, inMs: number) =>
        poster.schedule({ wabaId: waba.wabaId, field, value }, inMs)
      const sentIn = scaled(model.sentMs)
      const deliveredIn = sentIn + scaled(model.deliveredMs)
      const readIn = deliveredIn + scaled(model.readMs)
      const status = (name: 'sent' | 'delivered' | 'read' | 'failed', inMs: number, code?: number) => {
        ledger.counts.statuses[name]++
        later('messages', statusValue(delivery, name, inMs, code), inMs)
      }
      if (delivery.isPaused) return
      let rest = roll()
      const failure = model.failed.find(({ share }) => {
        rest -= share
        return rest < 0
      })
      status('sent', sentIn)
      if (failure !== undefined) {
        status('failed', deliveredIn, failure.code)
        return
      }
      if (roll() >= model.deliver) return
      const reads = roll() < model.read
      if (!(reads && roll() < model.readOnly)) status('delivered', deliveredIn)
      if (!reads) return
      status('read', readIn)
      act(delivery, roll, readIn, later)
    },
  }

  /** What a person does after reading: presses, opens, replies, stops. */
  function act(
    { send, waba, number, wamid }: Delivery,
    roll: () => number,
    readIn: number,
    later: (field: string, value: Record<string, unknown>, inMs: number) => void,
  ): void {
    if (send.to === null) return
    const from = send.to
    const buttons = (send.template.components.find((component) => component.type === 'BUTTONS')?.buttons ?? []) as {
      type: string
      text?: string
      url?: string
    }[]
    const context = { from: number.displayPhoneNumber.replace(/\D/g, ''), id: wamid }
    const soon = () => readIn + 500 * model.timeScale * (1 + roll())
    for (const { buttonIndex, share } of model.tap) {
      const button = buttons[buttonIndex]
      if (roll() >= share || button?.type !== 'QUICK_REPLY') continue
      ledger.counts.clicks++
      later(
        'messages',
        inbound(waba, number, from, {
          type: 'button',
          context,
          button: { payload: send.payloads.get(buttonIndex) ?? button.text, text: button.text },
        }),
        soon(),
      )
    }
    buttons.forEach((button, index) => {
      const suffix = send.suffixes.get(index)
      if (button.type !== 'URL' || suffix === undefined || roll() >= model.openLink) return
      ledger.counts.clicks++
      const url = (button.url ?? '').replace(/\{\{[^}]*\}\}/, suffix)
      setTimeout(() => void open(url), soon()).unref()
    })
    if (roll() < model.replyShare) {
      ledger.counts.replies++
      later('messages', inbound(waba, number, from, { type: 'text', context, text: { body: 'Thank you, looks lovely!' } }), soon())
    }
    if (roll() < model.stopShare) {
      ledger.counts.replies++
      later('messages', inbound(waba, number, from, { type: 'text', text: { body: ' Stop. ' } }), soon())
    }
  }
}

async function open(url: string): Promise<void> {
  try {
    const answer = await request(url, {
      headers: { 'user-agent': 'Mozilla/5.0 (Linux; Android 14) Chrome/130.0 Mobile' },
      headersTimeout: 5_000,
    })
    await answer.body.dump()
  } catch {
    // nobody there: a person would see an error page
  }
}
