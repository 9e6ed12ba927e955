import { z } from 'zod'

const boolean = z
  .enum(['true', 'false', '1', '0', ''])
  .transform((text) => text === 'true' || text === '1')
  .default(false)
const milliseconds = (min: number, fallback: number) => z.coerce.number().int().min(min).max(2_147_483_647).default(fallback)
const secretKey = z.string().refine((text) => Buffer.from(text, 'base64').length === 32, 'must be 32 bytes, base64')

const Config = z.object({
  /** PostgreSQL URL. Without it the embedded database is used, which fits one machine. */
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  /** URL of an owner role for migrations, when DATABASE_URL's role is restricted. */
  MIGRATION_DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  /** Embedded database, generated secret. */
  DATA_DIR: z.string().min(1).default('./data'),
  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: z.coerce.number().int().min(1).max(65_535).default(3_000),
  /** Where people and Meta reach this installation; tracked links start with it. */
  PUBLIC_URL: z.url({ protocol: /^https?$/ }).optional(),
  /** Earlier public addresses, comma separated: templates approved with them stay tracked. */
  FORMER_PUBLIC_URLS: z.string().default(''),
  ROLE: z.enum(['all', 'api', 'worker']).default('all'),
  /** 32 bytes, base64. Generated into DATA_DIR with the embedded database, else required. */
  ENCRYPTION_KEY: secretKey.optional(),
  /** Earlier keys, comma separated: they still open until `rotate-keys` has wrapped everything with the current one. */
  FORMER_ENCRYPTION_KEYS: z
    .string()
    .default('')
    .transform((text) =>
      text
        .split(',')
        .map((key) => key.trim())
        .filter((key) => key !== ''),
    )
    .pipe(z.array(secretKey)),
  /** Used only while no key exists: gets all permissions of the first workspace. */
  BOOTSTRAP_API_KEY: z.string().min(32).max(200).optional(),
  /** Used only while no user exists: the owner of the first workspace. Both or neither. */
  BOOTSTRAP_ADMIN_EMAIL: z.email().max(254).optional(),
  BOOTSTRAP_ADMIN_PASSWORD: z.string().min(10).max(128).optional(),
  /** Sign-in through an OpenID Connect provider, for people who have an account or an invitation here. */
  OIDC_ISSUER: z.url({ protocol: /^https?$/ }).optional(),
  OIDC_CLIENT_ID: z.string().min(1).optional(),
  OIDC_CLIENT_SECRET: z.string().min(1).optional(),
  META_GRAPH_BASE_URL: z.url({ protocol: /^https?$/ }).default('https://graph.facebook.com'),
  META_GRAPH_VERSION: z
    .string()
    .regex(/^v\d+\.\d+$/, 'looks like v25.0')
    .default('v25.0'),
  /** Lets accounts name another Graph address. */
  ALLOW_GRAPH_BASE_URL: boolean,
  /** Lets outgoing webhooks go to private addresses and over plain HTTP: for tests, and receivers in one's own network. */
  ALLOW_PRIVATE_WEBHOOKS: boolean,
  META_APP_SECRET: z.string().min(1).optional(),
  META_WEBHOOK_VERIFY_TOKEN: z.string().min(1).optional(),
  /** Longest wait for Meta's answer. A timeout leaves the recipient Unknown, so it costs doubt: keep it long. */
  SEND_TIMEOUT_MS: milliseconds(1_000, 60_000),
  /** How much older than the send timeout an intent must be before it becomes Unknown while its owner seems alive. */
  RESCUE_GRACE_MS: milliseconds(1_000, 30_000),
  /** How long a dead owner's number waits before another worker takes it. */
  LEASE_MS: milliseconds(1_000, 10_000),
  /** A schedule missed by more waits for a person. */
  MISSED_SCHEDULE_GRACE_MS: milliseconds(1_000, 3_600_000),
  /** In-flight window of a number at 80/s; other rates in proportion. */
  MAX_IN_FLIGHT: z.coerce.number().int().min(1).max(2_000).default(32),
  /** The operator's mark of this database: when it differs from the last one seen, everything is held as restored. */
  INSTALL_EPOCH: z.string().min(1).max(100).optional(),
  /** Days after a campaign ended when its people are deleted: recipients, messages, clicks, replies. Without it they are kept for ever. */
  RETENTION_DAYS: z.coerce.number().int().min(1).max(36_500).optional(),
  /** Sending stops while the embedded database's disk has less than this left. */
  MIN_FREE_DISK_MB: z.coerce.number().int().min(0).max(1_000_000).default(256),
  /** Requests per second of one API key; bursts of twice as many. */
  API_RATE_PER_SECOND: z.coerce.number().int().min(1).max(100_000).default(100),
  /** Mail server for notices, such as smtps://user:password@mail.example.com. Without it none are sent. */
  SMTP_URL: z.url({ protocol: /^smtps?$/ }).optional(),
  /** Whom notices come from. */
  SMTP_FROM: z.string().min(3).max(320).default('Fanfare <fanfare@localhost>'),
  /** E-mail addresses that get the notices of every workspace, comma separated. */
  NOTICE_EMAILS: z
    .string()
    .default('')
    .transform((text) =>
      text
        .split(',')
        .map((address) => address.trim())
        .filter((address) => address !== ''),
    )
    .pipe(z.array(z.email())),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  /** Bearer token that /metrics asks for when set. */
  METRICS_TOKEN: z.string().min(1).optional(),
  /** Collector of traces (OTLP over HTTP), such as http://collector:4318. Without one nothing is traced. */
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
  /** The same for traces alone, with its path. */
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
  OTEL_SERVICE_NAME: z.string().min(1).default('fanfare'),
  OTEL_TRACES_EXPORTER: z.enum(['otlp', 'none']).default('otlp'),
  OTEL_TRACES_SAMPLER: z
    .enum(['always_on', 'always_off', 'traceidratio', 'parentbased_always_on', 'parentbased_always_off', 'parentbased_traceidratio'])
    .default('parentbased_always_on'),
  /** Share of traces that are kept, 0 to 1, with a `traceidratio` sampler. */
  OTEL_TRACES_SAMPLER_ARG: z.coerce.number().min(0).max(1).default(1),
  OTEL_SDK_DISABLED: boolean,
  /** Believe X-Forwarded-For of a proxy in front of us. */
  TRUST_PROXY: boolean,
})

export type Config = Readonly<Omit<z.infer<typeof Config>, 'PUBLIC_URL'>> & { readonly PUBLIC_URL: string }

const PAIRS = [
  ['BOOTSTRAP_ADMIN_EMAIL', 'BOOTSTRAP_ADMIN_PASSWORD'],
  ['OIDC_ISSUER', 'OIDC_CLIENT_ID'],
] as const

/** Settings that are not valid: one line each, `NAME: why`, never a value. */
export class SettingsError extends Error {
  readonly faults: readonly string[]
  constructor(faults: readonly string[]) {
    super(faults.join('\n'))
    this.faults = faults
  }
}

/** Read once, in main.ts; nothing else touches the environment. Reports every fault together, never a value. */
export function readConfig(environment: Record<string, string | undefined>): Config {
  const given = Object.fromEntries(
    Object.entries(environment).filter(([name, value]) => value !== undefined && (value !== '' || name === 'FORMER_PUBLIC_URLS')),
  )
  const parsed = Config.safeParse(given)
  const faults = parsed.success ? [] : parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
  if (given.DATABASE_URL !== undefined && given.ENCRYPTION_KEY === undefined)
    faults.push('ENCRYPTION_KEY: needed with DATABASE_URL (32 bytes, base64; for example: openssl rand -base64 32)')
  for (const [a, b] of PAIRS) if ((given[a] === undefined) !== (given[b] === undefined)) faults.push(`${a}: needed together with ${b}`)
  if (!parsed.success || faults.length > 0) throw new SettingsError(faults)
  const config = parsed.data
  return Object.freeze({ ...config, PUBLIC_URL: (config.PUBLIC_URL ?? `http://${config.HOST}:${config.PORT}`).replace(/\/$/, '') })
}

/** Where traces go; undefined: nowhere. */
export function tracesUrl(config: Config): string | undefined {
  if (config.OTEL_SDK_DISABLED || config.OTEL_TRACES_EXPORTER === 'none') return undefined
  if (config.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT !== undefined) return config.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT
  return config.OTEL_EXPORTER_OTLP_ENDPOINT && `${config.OTEL_EXPORTER_OTLP_ENDPOINT.replace(/\/$/, '')}/v1/traces`
}

/** What a tracked URL button's template URL starts with: ours, now or formerly, then `/r/`. */
export const trackedPrefixes = (config: Config): string[] =>
  [config.PUBLIC_URL, ...config.FORMER_PUBLIC_URLS.split(',')]
    .map((url) => url.trim().replace(/\/$/, ''))
    .filter((url) => url !== '')
    .map((url) => `${url}/r/`)
