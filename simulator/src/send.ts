import type { Faults } from './faults.ts'
import { GraphError } from './graph-error.ts'
import type { Ledger } from './ledger.ts'
import type { Limits } from './limits.ts'
import type { FaultAction, FaultRule, SimNumber, SimWaba } from './options.ts'
import { type Delivery, userIdOf, waIdOf } from './person.ts'
import { type SendRequest, validateSend } from './validate.ts'
import type { KnownMedia } from './validate-parts.ts'

/** A number and the account it belongs to. */
export interface KnownNumber {
  readonly waba: SimWaba
  readonly number: SimNumber
}

/** What the caller gets, bent by a fault. */
export interface Answer {
  readonly status: number
  readonly body: unknown
  readonly fault: FaultAction | undefined
}

/** One send: validation, faults, limits, ledger. Whoever called writes the answer. */
export function makeSend(parts: {
  readonly faults: Faults
  readonly limits: Limits
  readonly ledger: Ledger
  readonly media: KnownMedia
  /** Makes a person receive what was accepted. */
  readonly receive: (delivery: Delivery) => void
  /** A number that no other message has. */
  readonly nextId: () => number
  readonly trace: () => string
}): (found: KnownNumber, body: unknown) => Answer {
  const { faults, limits, ledger } = parts
  return ({ waba, number }, body) => {
    const entry = {
      phoneNumberId: number.phoneNumberId,
      callbackData: null as string | null,
      to: '',
      template: '',
      language: '',
      components: null as unknown,
      body,
    }
    let request: SendRequest
    let fault: { when: FaultRule['when']; action: FaultAction } | undefined
    try {
      request = validateSend(body, waba, parts.media)
      entry.to = request.to ?? request.recipient ?? ''
      entry.template = request.template.name
      entry.language = request.template.language
      entry.components = request.components
      entry.callbackData = request.callbackData
      fault = faults.take({ to: entry.to, phoneNumberId: number.phoneNumberId, template: entry.template })
      if (fault?.when === 'before-accept') {
        const { action } = fault
        const code = action.kind === 'code' ? action.code : null
        ledger.add({ ...entry, kind: code === null ? 'dropped' : 'refused', wamid: null, code, fault: action.kind })
        return { status: 200, body: {}, fault: action }
      }
      limits.check(number, waba.portfolioId, entry.to, performance.now())
    } catch (error) {
      if (!(error instanceof GraphError)) throw error
      ledger.add({ ...entry, kind: 'refused', wamid: null, code: error.code, fault: null })
      return { status: error.httpStatus, body: error.toBody(parts.trace()), fault: undefined }
    }
    const waId = request.to === null ? null : waIdOf(request.to)
    const wamid = `wamid.HBg${Buffer.from(`${waId ?? request.recipient}.${parts.nextId()}`).toString('base64url')}`
    ledger.add({ ...entry, kind: 'accepted', wamid, code: null, fault: fault?.action.kind ?? null })
    const isPaused = fault?.action.kind === 'paused'
    parts.receive({ wamid, waba, number, send: request, isPaused })
    const status = isPaused ? 'paused' : fault?.action.kind === 'held' ? 'held_for_quality_assessment' : 'accepted'
    return {
      status: 200,
      body: {
        messaging_product: 'whatsapp',
        contacts: [
          {
            input: request.to ?? request.recipient,
            ...(waId === null ? { user_id: request.recipient } : { wa_id: waId, user_id: userIdOf(waId) }),
          },
        ],
        messages: [{ id: wamid, message_status: status }],
      },
      fault: fault?.action,
    }
  }
}
