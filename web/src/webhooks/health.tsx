import { Badge } from '@mantine/core'
import { useStrings } from '../strings/language.tsx'
import type { WebhookEndpoint } from './queries.ts'

const LOOKS = { works: 'ok', failing: 'warn', off: 'idle', disabled: 'bad', untried: 'idle' } as const

/** How it stands with an endpoint: in use, failing, switched off by a person, or disabled after long failure. */
export function healthOf({ isEnabled, disabledReason, failingSince, lastAttemptAt }: WebhookEndpoint): keyof typeof LOOKS {
  if (!isEnabled) return disabledReason === null ? 'off' : 'disabled'
  if (failingSince !== null) return 'failing'
  return lastAttemptAt === null ? 'untried' : 'works'
}

export function Health({ endpoint }: { readonly endpoint: WebhookEndpoint }) {
  const { t } = useStrings()
  const health = healthOf(endpoint)
  const look = LOOKS[health]
  return (
    <Badge tt="none" variant="light" style={{ background: `var(--${look}-bg)`, color: `var(--${look}-text)` }}>
      {t(`webhooks.${health}`)}
    </Badge>
  )
}
