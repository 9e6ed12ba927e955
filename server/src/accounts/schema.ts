import { z } from '@hono/zod-openapi'
import { InstantOut, iso, isoOrNull } from '../platform/http.ts'
import type { NumberRow } from './numbers.ts'
import type { AccountRow } from './queries.ts'

const Digits = z.string().regex(/^\d{5,30}$/, 'is made of digits')
const Secret = z.string().trim().min(1).max(1_000)
export const AccountInput = z
  .strictObject({
    name: z.string().trim().min(1).max(200),
    wabaId: Digits,
    portfolioId: Digits.nullable().optional(),
    accessToken: Secret,
    appSecret: Secret.optional(),
    webhookVerifyToken: Secret.optional(),
    graphBaseUrl: z
      .url({ protocol: /^https?$/ })
      .nullable()
      .optional(),
  })
  .openapi('WhatsappAccountInput')
export type AccountInput = z.infer<typeof AccountInput>
/** On change, secrets that are absent stay as they are. */
export const AccountChange = AccountInput.partial({ accessToken: true }).openapi('WhatsappAccountChange')
export type AccountChange = z.infer<typeof AccountChange>
const Check = z.object({ name: z.string(), ok: z.boolean(), detail: z.string(), at: InstantOut }).openapi('HealthCheck')
export const Account = z
  .object({
    id: z.string(),
    name: z.string(),
    wabaId: z.string(),
    portfolioId: z.string().nullable(),
    graphBaseUrl: z.string().nullable(),
    callbackUrl: z.string(),
    subscribedAt: InstantOut.nullable(),
    lastWebhookAt: InstantOut.nullable(),
    lastSyncedAt: InstantOut.nullable(),
    health: z.object({ ok: z.boolean(), checks: z.array(Check) }),
    createdAt: InstantOut,
    updatedAt: InstantOut,
  })
  .openapi('WhatsappAccount')
type Account = z.infer<typeof Account>
export const PhoneNumber = z
  .object({
    id: z.string(),
    accountId: z.string(),
    phoneNumberId: z.string(),
    displayPhoneNumber: z.string(),
    verifiedName: z.string().nullable(),
    qualityRating: z.string(),
    status: z.string(),
    throughputPerSecond: z.int(),
    messagingLimit: z.string(),
    dailyLimit: z.int().nullable(),
    usedLast24h: z.int(),
    ratePerSecond: z.int().nullable(),
    maxInFlight: z.int().nullable(),
    isDefault: z.boolean(),
  })
  .openapi('PhoneNumber')
export const NumberChange = z
  .strictObject({
    ratePerSecond: z.int().min(1).max(10_000).nullable().optional(),
    maxInFlight: z.int().min(1).max(2_000).nullable().optional(),
    isDefault: z.boolean().optional(),
    dailyLimit: z.int().min(1).nullable().optional(),
  })
  .openapi('PhoneNumberChange')
export type NumberChange = z.infer<typeof NumberChange>

export const numberOf = (row: NumberRow): z.infer<typeof PhoneNumber> => ({
  id: row.id,
  accountId: row.account_id,
  phoneNumberId: row.phone_number_id,
  displayPhoneNumber: row.display_phone_number,
  verifiedName: row.verified_name,
  qualityRating: row.quality_rating,
  status: row.status,
  throughputPerSecond: row.throughput_per_second,
  messagingLimit: row.messaging_limit,
  dailyLimit: row.daily_limit,
  usedLast24h: row.used_last_24h,
  ratePerSecond: row.rate_per_second,
  maxInFlight: row.max_in_flight,
  isDefault: row.is_default,
})

export const accountOf = (row: AccountRow, callbackUrl: string): Account => ({
  id: row.id,
  name: row.name,
  wabaId: row.waba_id,
  portfolioId: row.portfolio_id,
  graphBaseUrl: row.graph_base_url,
  callbackUrl,
  subscribedAt: isoOrNull(row.subscribed_at),
  lastWebhookAt: isoOrNull(row.last_webhook_at),
  lastSyncedAt: isoOrNull(row.last_synced_at),
  health: {
    ok: (row.health.checks ?? []).length > 0 && (row.health.checks ?? []).every(({ ok }) => ok),
    checks: [...(row.health.checks ?? [])],
  },
  createdAt: iso(row.created_at),
  updatedAt: iso(row.updated_at),
})
