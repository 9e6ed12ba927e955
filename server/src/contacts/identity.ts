import parseWithMetadata, { type CountryCode, isSupportedCountry } from 'libphonenumber-js/max'
import { makeHmac } from '../platform/hmac.ts'
import type { Secrets } from '../platform/secrets.ts'
import { countryOfDigits } from './numbering-plan.ts'

/** An ISO 3166 alpha-2 code of a country with phone numbers; written in either case. */
export const isCountry = (code: string): boolean => isSupportedCountry(code)

export interface Phone {
  /** `+919876500011` */
  readonly e164: string
  /** ISO 3166 alpha-2, when the number tells it. */
  readonly country: string | null
}

/** Any common writing of a phone number; national writings need `defaultCountry` (ISO 3166 alpha-2). Undefined: not a valid number. */
export function parsePhone(text: string, defaultCountry?: string | null): Phone | undefined {
  if (/^\+\d{7,15}$/.test(text)) {
    const known = countryOfDigits(text.slice(1))
    if (known !== undefined) return { e164: text, country: known }
  }
  const bare = text
    .normalize('NFKC')
    .trim()
    .replace(/^\(\s*(\+\s*\d+)\s*\)/, '$1 ')
    .replace(/^tel:/i, '')
    .replace(/^00(?=[1-9])/, '+')
  // Mexico's mobile prefix 1 went away in 2019; lists still carry it and the metadata no longer knows it.
  const trimmed = bare.replace(/^\+?52[\s-]?1[\s-]?(?=(?:\d[\s-]?){10}$)/, '+52')
  if (trimmed === '' || trimmed.length > 40) return undefined
  const country = (defaultCountry ?? undefined) as CountryCode | undefined
  // `extract` looks for a number inside a sentence: not wanted, and half of the cost
  const parse = (written: string) => {
    const parsed = parseWithMetadata(written, { ...(country === undefined ? {} : { defaultCountry: country }), extract: false })
    return parsed?.isValid() && !parsed.ext ? parsed : undefined
  }
  const number = parse(trimmed) ?? (/^[1-9]\d{7,14}$/.test(trimmed) ? parse(`+${trimmed}`) : undefined)
  if (number === undefined) return undefined
  return { e164: number.number, country: number.country ?? null }
}

/**
 * One key per person: digits, normalised over national alternates, so that two writings of one line never count as two people.
 * Mexico drops the old mobile prefix 1, Argentina the mobile 9, Brazil the ninth digit of mobile numbers: WhatsApp may answer with either
 * form (https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/phone-numbers).
 * @param phone E.164 with `+`, or a wa_id (digits)
 */
export function phoneKey(phone: string): string {
  const digits = phone.replace(/^\+/, '')
  const mexico = /^521(\d{10})$/.exec(digits)
  if (mexico) return `52${mexico[1]}`
  const argentina = /^549(\d{10})$/.exec(digits)
  if (argentina) return `54${argentina[1]}`
  const brazil = /^55(\d{2})9(\d{8})$/.exec(digits)
  if (brazil) return `55${brazil[1]}${brazil[2]}`
  return digits
}

/** The key that makes a person one person within a campaign: their number's, else their business-scoped user id; null: cannot be sent to. */
export const sendKeyOf = (contact: { readonly phoneE164?: string | null; readonly userId?: string | null }): string | null =>
  contact.phoneE164 ? phoneKey(contact.phoneE164) : (contact.userId ?? null)

/** Keyed hashes of send keys, as hex of 16 bytes: they recognise a person in the suppression list without keeping their number. */
export function keyHasher(secrets: Secrets, workspaceId: string): (sendKey: string) => string {
  const keyed = makeHmac(secrets.derive('suppression'))
  return (sendKey) => keyed(`${workspaceId}\n${sendKey}`).toString('hex', 0, 16)
}
export const keyHash = (secrets: Secrets, workspaceId: string, sendKey: string): Buffer =>
  Buffer.from(keyHasher(secrets, workspaceId)(sendKey), 'hex')

/** What a contact row derives from its number and user id. */
export function identityColumns(
  secrets: Secrets,
  workspaceId: string,
  contact: { readonly phone: Phone | null; readonly userId: string | null },
) {
  const sendKey = sendKeyOf({ phoneE164: contact.phone?.e164 ?? null, userId: contact.userId })
  return {
    phoneE164: contact.phone?.e164 ?? null,
    country: contact.phone?.country ?? (contact.userId === null ? null : contact.userId.slice(0, 2)),
    sendKey,
    keyHash: sendKey === null ? null : keyHash(secrets, workspaceId, sendKey),
  }
}
