import { createHmac } from 'node:crypto'
import { Histogram } from 'prom-client'
import { FormData, fetch, request } from 'undici'
import { metrics } from '../platform/metrics.ts'

export interface MetaTarget {
  /** For example `https://graph.facebook.com`. */
  readonly baseUrl: string
  /** For example `v25.0`. */
  readonly version: string
  readonly accessToken: string
  readonly appSecret: string | null
}

/** Meta's refusal of a management call, or that none came. `details` is safe to show: it holds no token. */
export class MetaError extends Error {
  readonly code: number | null
  readonly subcode: number | null
  readonly httpStatus: number | null
  readonly details: string
  constructor(
    details: string,
    options: { code?: number | null; subcode?: number | null; httpStatus?: number | null; cause?: unknown } = {},
  ) {
    super(details, { cause: options.cause })
    this.details = details
    this.code = options.code ?? null
    this.subcode = options.subcode ?? null
    this.httpStatus = options.httpStatus ?? null
  }
}

export interface MetaPhoneNumber {
  readonly id: string
  readonly display_phone_number: string
  readonly verified_name?: string
  readonly quality_rating?: string
  readonly status?: string
  readonly is_on_biz_app?: boolean
  readonly throughput?: { readonly level?: string }
  readonly whatsapp_business_manager_messaging_limit?: string
}
export interface MetaTemplate {
  readonly id: string
  readonly name: string
  readonly language: string
  readonly status: string
  readonly category: string
  readonly parameter_format?: string
  readonly components?: readonly { readonly type: string }[]
  readonly quality_score?: { readonly score?: string }
  readonly rejected_reason?: string
  readonly message_send_ttl_seconds?: number
}
export interface TokenInfo {
  readonly is_valid: boolean
  readonly app_id: string | null
  readonly expires_at: number | null
  readonly scopes: readonly string[]
}

interface CallOptions {
  readonly query?: Record<string, string>
  readonly body?: unknown
  readonly form?: FormData
}

const TIMEOUT_MS = 20_000
const UPLOAD_TIMEOUT_MS = 120_000
const PAGES_MAX = 200
const NUMBER_FIELDS =
  'id,display_phone_number,verified_name,quality_rating,status,throughput,is_on_biz_app,whatsapp_business_manager_messaging_limit'
const TEMPLATE_FIELDS =
  'id,name,language,status,category,parameter_format,components,quality_score,rejected_reason,message_send_ttl_seconds'

const callSeconds = new Histogram({
  name: 'fanfare_meta_call_seconds',
  help: 'Time of a management call to Meta (templates, numbers, tokens, media), by method and result: ok, refused, no-answer',
  labelNames: ['method', 'result'],
  buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 20, 120],
  registers: [metrics],
})

/**
 * Meta's management calls (templates, numbers, subscriptions, media). Sending is `dispatch/send.ts`. Nothing is repeated by itself; every
 * call is bounded in time; the token travels in a header only. `appsecret_proof` goes along when the app secret is known
 * (https://developers.facebook.com/docs/graph-api/guides/secure-requests).
 */
export function metaClient(target: MetaTarget) {
  const proof = target.appSecret === null ? null : createHmac('sha256', target.appSecret).update(target.accessToken).digest('hex')

  async function call<T>(method: 'GET' | 'POST' | 'DELETE', path: string, options: CallOptions = {}): Promise<T> {
    const begunMs = performance.now()
    let result = 'ok'
    try {
      return await exchange<T>(method, path, options)
    } catch (error) {
      result = error instanceof MetaError && error.httpStatus !== null ? 'refused' : 'no-answer'
      throw error
    } finally {
      callSeconds.observe({ method, result }, (performance.now() - begunMs) / 1_000)
    }
  }

  async function exchange<T>(method: 'GET' | 'POST' | 'DELETE', path: string, options: CallOptions): Promise<T> {
    const url = new URL(`${target.baseUrl.replace(/\/$/, '')}/${target.version}/${path}`)
    for (const [name, value] of Object.entries(options.query ?? {})) url.searchParams.set(name, value)
    if (proof !== null) url.searchParams.set('appsecret_proof', proof)
    try {
      if (options.form !== undefined) {
        const headers = { authorization: `Bearer ${target.accessToken}` }
        const answer = await fetch(url, { method, headers, body: options.form, signal: AbortSignal.timeout(UPLOAD_TIMEOUT_MS) })
        return read<T>(answer.status, await answer.text())
      }
      const answer = await request(url, {
        method,
        headers: {
          authorization: `Bearer ${target.accessToken}`,
          ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        body: options.body === undefined ? null : JSON.stringify(options.body),
        headersTimeout: TIMEOUT_MS,
        bodyTimeout: TIMEOUT_MS,
      })
      return read<T>(answer.statusCode, await answer.body.text())
    } catch (error) {
      if (error instanceof MetaError) throw error
      throw new MetaError('Meta could not be reached.', { cause: error })
    }
  }

  /** Follows `paging.cursors.after` while there is a next page. */
  async function* pages<T>(path: string, query: Record<string, string>): AsyncGenerator<T[]> {
    let after: string | undefined
    for (let page = 0; page < PAGES_MAX; page++) {
      const answer = await call<{ data?: T[]; paging?: { cursors?: { after?: string }; next?: string } }>('GET', path, {
        query: { ...query, ...(after === undefined ? {} : { after }) },
      })
      yield answer.data ?? []
      after = answer.paging?.cursors?.after
      if (answer.paging?.next === undefined || after === undefined) return
    }
  }

  return {
    /** Who the token is and what it may do. */
    async debugToken(): Promise<TokenInfo> {
      const { data } = await call<{ data?: { is_valid?: boolean; app_id?: unknown; expires_at?: number; scopes?: string[] } }>(
        'GET',
        'debug_token',
        {
          query: { input_token: target.accessToken },
        },
      )
      return {
        is_valid: data?.is_valid === true,
        app_id: data?.app_id === undefined ? null : String(data.app_id),
        expires_at: data?.expires_at ?? null,
        scopes: data?.scopes ?? [],
      }
    },
    /** Subscribes the token's app to the WABA, with this installation's own callback: without it no receipt ever comes. */
    subscribeApp: (wabaId: string, override?: { readonly callbackUrl: string; readonly verifyToken: string }) =>
      call<{ success?: boolean }>('POST', `${wabaId}/subscribed_apps`, {
        ...(override === undefined ? {} : { body: { override_callback_uri: override.callbackUrl, verify_token: override.verifyToken } }),
      }),
    /** Ids of the apps that get this WABA's webhooks. */
    async subscribedApps(wabaId: string): Promise<string[]> {
      const { data } = await call<{ data?: { whatsapp_business_api_data?: { id?: unknown } }[] }>('GET', `${wabaId}/subscribed_apps`)
      return (data ?? []).flatMap(({ whatsapp_business_api_data: app }) => (app?.id === undefined ? [] : [String(app.id)]))
    },
    async phoneNumbers(wabaId: string): Promise<MetaPhoneNumber[]> {
      const all: MetaPhoneNumber[] = []
      for await (const page of pages<MetaPhoneNumber>(`${wabaId}/phone_numbers`, { fields: NUMBER_FIELDS, limit: '100' })) all.push(...page)
      return all
    },
    templates: (wabaId: string) => pages<MetaTemplate>(`${wabaId}/message_templates`, { fields: TEMPLATE_FIELDS, limit: '100' }),
    template: (id: string) => call<MetaTemplate>('GET', id, { query: { fields: TEMPLATE_FIELDS } }),
    createTemplate: (wabaId: string, template: unknown) =>
      call<{ id: string; status: string; category: string }>('POST', `${wabaId}/message_templates`, { body: template }),
    editTemplate: (id: string, change: unknown) => call<{ success?: boolean }>('POST', id, { body: change }),
    deleteTemplate: (wabaId: string, id: string, name: string) =>
      call<{ success?: boolean }>('DELETE', `${wabaId}/message_templates`, { query: { hsm_id: id, name } }),
    async uploadMedia(phoneNumberId: string, file: Blob, fileName: string): Promise<string> {
      const form = new FormData()
      form.set('messaging_product', 'whatsapp')
      form.set('type', file.type)
      form.set('file', file, fileName)
      return (await call<{ id: string }>('POST', `${phoneNumberId}/media`, { form })).id
    },
  }
}
export type MetaClient = ReturnType<typeof metaClient>

/** What time Meta has: the `Date` header of any answer, asked without a token. Undefined: no answer, or one that says no time. */
export async function metaDate(baseUrl: string): Promise<string | undefined> {
  try {
    const { headers, body } = await request(baseUrl, { method: 'GET', headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS })
    await body.dump()
    return typeof headers.date === 'string' ? headers.date : undefined
  } catch {
    return undefined // whether Meta can be reached is asked elsewhere
  }
}

function read<T>(httpStatus: number, text: string): T {
  let answer: {
    error?: { code?: number; error_subcode?: number; message?: string; error_user_msg?: string; error_data?: { details?: string } | string }
  }
  try {
    answer = JSON.parse(text)
  } catch (error) {
    throw new MetaError(`Meta answered HTTP ${httpStatus} without a readable body.`, { httpStatus, cause: error })
  }
  const { error } = answer
  if (error !== undefined && error !== null) {
    const details = typeof error.error_data === 'string' ? error.error_data : error.error_data?.details
    throw new MetaError([error.error_user_msg ?? error.message, details].filter(Boolean).join(' ') || `error ${error.code}`, {
      code: error.code ?? null,
      subcode: error.error_subcode ?? null,
      httpStatus,
    })
  }
  if (httpStatus >= 400) throw new MetaError(`Meta answered HTTP ${httpStatus}.`, { httpStatus })
  return answer as T
}
