import { Button, Checkbox, Group, Modal, Radio, Stack, Text } from '@mantine/core'
import { IconRepeat } from '@tabler/icons-react'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useAct } from '../../api/act.ts'
import { answer, api, type Schema } from '../../api/client.ts'
import { useStrings } from '../../strings/language.tsx'
import type { Campaign } from '../queries.ts'

type Outcome = Schema<'Resend'>['outcome']
const OUTCOMES: readonly Outcome[] = ['Failed', 'NotDelivered', 'NotRead', 'NotClicked']

/** A new draft to the people of this campaign with one outcome; nothing is sent by it. */
function useResend(campaign: Campaign) {
  const { t } = useStrings()
  const navigate = useNavigate()
  return useAct({
    run: (body: Schema<'Resend'>, key) =>
      answer(
        api.POST('/api/v1/WhatsappCampaign/{id}/resend', {
          params: { path: { id: campaign.id } },
          body,
          headers: { 'Idempotency-Key': key },
        }),
      ),
    done: (child) => {
      void navigate({ to: '/campaigns/$campaignId/edit', params: { campaignId: child.id }, search: { step: 'review' } })
      return t('resend.done')
    },
    changes: [['campaigns']],
  })
}

/** "Send again to …", where the API allows it. */
export function ResendButton({ campaign, outcome }: { readonly campaign: Campaign; readonly outcome?: Outcome }) {
  const { t } = useStrings()
  const [isOpen, setOpen] = useState(false)
  if (!campaign.actions.includes('resend')) return null
  return (
    <>
      <Button
        variant="default"
        size={outcome === undefined ? 'sm' : 'xs'}
        leftSection={<IconRepeat size={16} aria-hidden />}
        onClick={() => setOpen(true)}
      >
        {t(outcome === undefined ? 'resend.open' : 'resend.these')}
      </Button>
      {isOpen && <ResendDialog campaign={campaign} first={outcome ?? 'Failed'} onClose={() => setOpen(false)} />}
    </>
  )
}

function ResendDialog({ campaign, first, onClose }: { readonly campaign: Campaign; readonly first: Outcome; onClose(): void }) {
  const { t, named } = useStrings()
  const [outcome, setOutcome] = useState<Outcome>(first)
  const [withDoubt, setWithDoubt] = useState(false)
  const { act, isPending } = useResend(campaign)
  const mayDoubt = campaign.counts.unknown > 0 && (outcome === 'Failed' || outcome === 'NotDelivered')
  return (
    <Modal opened onClose={onClose} title={t('resend.title')} closeButtonProps={{ 'aria-label': t('action.close') }}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          act({ outcome, ...(mayDoubt && withDoubt ? { acceptDoubles: true } : {}) })
        }}
      >
        <Stack>
          <Text size="sm">{t('resend.hint')}</Text>
          <Radio.Group value={outcome} onChange={(value) => setOutcome(value as Outcome)} label={t('resend.whom')}>
            <Stack gap="xs" mt="xs">
              {OUTCOMES.map((value) => (
                <Radio key={value} value={value} label={named('outcome', value)} description={named('outcomeHint', value)} />
              ))}
            </Stack>
          </Radio.Group>
          {mayDoubt && (
            <Checkbox
              checked={withDoubt}
              onChange={(event) => setWithDoubt(event.currentTarget.checked)}
              label={t('resend.withUnknown', { count: campaign.counts.unknown })}
              description={t('resend.withUnknownHint')}
            />
          )}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t('confirm.leave')}
            </Button>
            <Button type="submit" loading={isPending}>
              {t('resend.verb')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
