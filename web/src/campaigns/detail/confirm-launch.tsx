import { Button, Group, Modal, NumberInput, Stack, Text } from '@mantine/core'
import { IconRobot } from '@tabler/icons-react'
import { useState } from 'react'
import { useAct } from '../../api/act.ts'
import { answer, api, type Schema } from '../../api/client.ts'
import { fieldErrors } from '../../api/problem.ts'
import { useFormat } from '../../parts/use-format.ts'
import { When } from '../../parts/when.tsx'
import { ToPaste } from '../../settings/connect-account.tsx'
import { useStrings } from '../../strings/language.tsx'
import type { Campaign } from '../queries.ts'

/** "Let a program launch it", where this person may run the campaign themselves. */
export function ConfirmLaunchButton({ campaign }: { readonly campaign: Campaign }) {
  const { t } = useStrings()
  const [isOpen, setOpen] = useState(false)
  if (!campaign.actions.includes('run')) return null
  return (
    <>
      <Button variant="default" leftSection={<IconRobot size={16} aria-hidden />} onClick={() => setOpen(true)}>
        {t('confirmLaunch.open')}
      </Button>
      {isOpen && <ConfirmLaunch campaign={campaign} onClose={() => setOpen(false)} />}
    </>
  )
}

/** Asks for the greatest audience, then shows the confirmation this once. */
function ConfirmLaunch({ campaign, onClose }: { readonly campaign: Campaign; onClose(): void }) {
  const { t } = useStrings()
  const format = useFormat()
  const [audienceMax, setAudienceMax] = useState<number>()
  const [problem, setProblem] = useState<string>()
  const [made, setMade] = useState<Schema<'Confirmation'>>()
  const { act, isPending } = useAct({
    run: (body: Schema<'ConfirmationInput'>, key) =>
      answer(
        api.POST('/api/v1/WhatsappCampaign/{id}/confirmation', {
          params: { path: { id: campaign.id } },
          body,
          headers: { 'Idempotency-Key': key },
        }),
      ),
    done: (confirmed) => {
      setMade(confirmed)
      return undefined
    },
    changes: [],
    onProblem(problem) {
      const { byField, rest } = fieldErrors(problem, ['audienceMax'])
      setProblem(byField.audienceMax ?? rest.join(' '))
    },
  })
  return (
    <Modal opened onClose={onClose} title={t('confirmLaunch.title')} closeButtonProps={{ 'aria-label': t('action.close') }}>
      {made === undefined ? (
        <form
          onSubmit={(event) => {
            event.preventDefault()
            act(audienceMax === undefined ? {} : { audienceMax })
          }}
        >
          <Stack>
            <Text size="sm">{t('confirmLaunch.hint')}</Text>
            <NumberInput
              label={t('confirmLaunch.audienceMax')}
              description={t('confirmLaunch.audienceMaxHint')}
              value={audienceMax ?? ''}
              onChange={(value) => {
                setAudienceMax(typeof value === 'number' ? value : undefined)
                setProblem(undefined)
              }}
              error={problem}
              min={1}
              allowDecimal={false}
              thousandSeparator=","
            />
            <Group justify="flex-end">
              <Button variant="default" onClick={onClose}>
                {t('confirm.leave')}
              </Button>
              <Button type="submit" loading={isPending}>
                {t('confirmLaunch.verb')}
              </Button>
            </Group>
          </Stack>
        </form>
      ) : (
        <Stack>
          <Text size="sm">{t('confirmLaunch.made', { count: made.audience, max: format.number(made.audienceMax) })}</Text>
          <Text size="sm">
            {t('confirmLaunch.until')} <When at={made.expiresAt} />
          </Text>
          <ToPaste label={t('confirmLaunch.once')} value={made.confirmation} />
          <Group justify="flex-end">
            <Button onClick={onClose}>{t('confirmLaunch.copied')}</Button>
          </Group>
        </Stack>
      )}
    </Modal>
  )
}
