import { Alert, Button, Group, Text } from '@mantine/core'
import { IconHelpCircle } from '@tabler/icons-react'
import { Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useAct } from '../../api/act.ts'
import { answer, api } from '../../api/client.ts'
import { ConfirmDialog } from '../../parts/confirm.tsx'
import { useStrings } from '../../strings/language.tsx'
import type { Campaign } from '../queries.ts'

type Decision = 'resend' | 'giveUp'

/** What Unconfirmed means, who it is, and the two ways out: wait for a receipt, or decide. */
export function UnknownCard({ campaign }: { readonly campaign: Campaign }) {
  const { t } = useStrings()
  const [asked, setAsked] = useState<Decision>()
  const count = campaign.counts.unknown
  if (count === 0) return null
  return (
    <Alert icon={<IconHelpCircle aria-hidden />} color="grape" title={t('unknown.title', { count })}>
      <Text size="sm">{t('unknown.hint')}</Text>
      <Group gap="xs" mt="sm">
        <Button
          size="xs"
          variant="default"
          renderRoot={(props) => (
            <Link
              to="/campaigns/$campaignId"
              params={{ campaignId: campaign.id }}
              search={{ status: 'Unknown' }}
              hash="deliveries"
              {...props}
            />
          )}
        >
          {t('unknown.see')}
        </Button>
        {campaign.actions.includes('decideUnknown') &&
          (['resend', 'giveUp'] as const).map((decision) => (
            <Button key={decision} size="xs" variant="default" onClick={() => setAsked(decision)}>
              {t(`unknown.${decision}`)}
            </Button>
          ))}
      </Group>
      {asked !== undefined && <AskDecision campaign={campaign} decision={asked} onClose={() => setAsked(undefined)} />}
    </Alert>
  )
}

function AskDecision({ campaign, decision, onClose }: { readonly campaign: Campaign; readonly decision: Decision; onClose(): void }) {
  const { t } = useStrings()
  const navigate = useNavigate()
  const count = campaign.counts.unknown
  const { act, isPending } = useAct({
    run: (action: Decision, key) =>
      answer(
        api.POST('/api/v1/WhatsappCampaign/{id}/unknown', {
          params: { path: { id: campaign.id } },
          body: { action },
          headers: { 'Idempotency-Key': key },
        }),
      ),
    done: (made) => {
      onClose()
      if (made.id !== campaign.id) void navigate({ to: '/campaigns/$campaignId', params: { campaignId: made.id } })
      return t(`unknown.${decision}.done`)
    },
    changes: [['campaigns']],
  })
  return (
    <ConfirmDialog
      title={t(`unknown.${decision}.ask`, { count })}
      verb={t(`unknown.${decision}`)}
      isDangerous={decision === 'resend'}
      isPending={isPending}
      onConfirm={() => act(decision)}
      onClose={onClose}
    >
      {t(`unknown.${decision}.hint`, { count })}
    </ConfirmDialog>
  )
}
