import { Alert } from '@mantine/core'
import type { Schema } from '../api/client.ts'
import { ToPaste } from '../settings/connect-account.tsx'
import { useStrings } from '../strings/language.tsx'

/** The signing secret of an endpoint, the one time it is shown. */
export function NewSecret({ endpoint, onClose }: { readonly endpoint: Schema<'NewWebhookEndpoint'>; onClose(): void }) {
  const { t } = useStrings()
  return (
    <Alert
      color="brand"
      title={<span className="typed">{t('webhooks.madeOf', { url: endpoint.url })}</span>}
      withCloseButton
      closeButtonLabel={t('action.close')}
      onClose={onClose}
    >
      <ToPaste label={t('webhooks.secretOnce')} value={endpoint.secret} />
    </Alert>
  )
}
