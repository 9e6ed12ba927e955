import { Alert, Button, Group } from '@mantine/core'
import { IconCalendar, IconSend } from '@tabler/icons-react'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useAct } from '../../api/act.ts'
import { answer, api } from '../../api/client.ts'
import { ConfirmDialog } from '../../parts/confirm.tsx'
import { useStrings } from '../../strings/language.tsx'
import { inputOf } from './draft.ts'
import { useEditor } from './use-editor.ts'

/** Above so many people the number itself must be typed. */
const TYPED_FROM = 1_000

/** The last step: sends at once, or puts it on the schedule. Asks first, naming to how many. */
export function Launch() {
  const { t } = useStrings()
  const navigate = useNavigate()
  const { draft, saver, campaign, isScheduled, save, preview, isPreviewStale, problems, at, scheduledAt, scheduledText, input } =
    useEditor()
  const [isAsking, setAsking] = useState(false)
  const [failures, setFailures] = useState<readonly string[]>([])
  const isNow = at === 'now'
  const { act, isPending } = useAct({
    run: async (instant: string | null, key) => {
      if (instant !== null) {
        saver.want(inputOf(draft, instant), false)
        return (await saver.flush())?.item
      }
      const stored = await saver.flush()
      const id = stored?.item.id ?? ''
      return answer(api.POST('/api/v1/WhatsappCampaign/{id}/quick-run', { params: { path: { id } }, headers: { 'Idempotency-Key': key } }))
    },
    done: (made, instant) => {
      setAsking(false)
      const name = made?.name ?? draft.name
      if (made !== undefined) void navigate({ to: '/campaigns/$campaignId', params: { campaignId: made.id } })
      return instant === null ? t('campaignAct.run.done', { name }) : t('editor.scheduled', { name, time: scheduledText })
    },
    changes: [['campaigns']],
    onProblem: (problem) => {
      setAsking(false)
      setFailures([problem.message])
      saver.want(input, !isScheduled) // the schedule was refused: what is written stays a draft
    },
  })
  const people = preview.data?.eligible ?? 0
  const isPast = scheduledAt !== undefined && scheduledAt.getTime() < Date.now()
  const isReady =
    input !== undefined && problems.length === 0 && people > 0 && !isPreviewStale && (isNow || (scheduledAt !== undefined && !isPast))
  const mayLaunch = campaign === undefined || campaign.actions.includes(isNow ? 'run' : 'schedule')
  const isUnchanged = isScheduled && !isNow && save.phase === 'idle'
  const verb = isNow ? t('campaignAct.run') : t(isScheduled ? 'editor.saveSchedule' : 'editor.schedule')
  return (
    <div>
      {failures.map((failure) => (
        <Alert key={failure} color="red" p="sm" mb="sm" role="alert">
          {failure}
        </Alert>
      ))}
      {!mayLaunch && (
        <Alert color="gray" p="sm" mb="sm">
          {t('editor.mayNotLaunch')}
        </Alert>
      )}
      {isUnchanged && (
        <Alert color="gray" p="sm" mb="sm">
          {t('editor.isScheduled', { time: scheduledText })}
        </Alert>
      )}
      <Group justify="flex-end">
        <Button
          size="md"
          leftSection={isNow ? <IconSend size={18} aria-hidden /> : <IconCalendar size={18} aria-hidden />}
          disabled={!isReady || !mayLaunch || isUnchanged}
          onClick={() => {
            setFailures([])
            setAsking(true)
          }}
        >
          {verb}
        </Button>
      </Group>
      {isAsking && (
        <ConfirmDialog
          title={isNow ? t('confirm.run', { name: draft.name }) : t('editor.confirmSchedule', { name: draft.name })}
          verb={verb}
          isPending={isPending}
          typed={people > TYPED_FROM ? String(people) : undefined}
          onConfirm={() => act(isNow ? null : (scheduledAt?.toISOString() ?? null))}
          onClose={() => setAsking(false)}
        >
          {isNow || scheduledAt === undefined
            ? t('editor.confirmRunHint', { count: people })
            : t('editor.confirmScheduleHint', { count: people, time: scheduledText })}
        </ConfirmDialog>
      )}
    </div>
  )
}
