import { Group, NumberInput, Radio, Stack, Text, TextInput } from '@mantine/core'
import { TimeZoneSelect } from '../../parts/time-zone-select.tsx'
import { useFormat } from '../../parts/use-format.ts'
import { useNow } from '../../parts/use-now.ts'
import { wallTimeOf } from '../../parts/wall-time.ts'
import { useStrings } from '../../strings/language.tsx'
import { type Draft, UNKNOWN_POLICIES } from './draft.ts'
import { NightAndEnd } from './night-and-end.tsx'
import { Safety } from './safety.tsx'
import { useEditor } from './use-editor.ts'
import { useSender } from './use-sender.ts'

const HOUR_MS = 3_600_000

/** When it goes out, how fast, and what happens where nobody can tell whether a message arrived. */
export function DeliveryStep() {
  const { t, named } = useStrings()
  const { draft, change, errorAt } = useEditor()
  const sender = useSender()
  const rate = sender && (sender.ratePerSecond ?? sender.throughputPerSecond)
  return (
    <Stack gap="xl">
      <TimeChoice />
      <NumberInput
        label={t('editor.rate')}
        description={rate === undefined ? t('editor.rateHint') : t('editor.rateHintOf', { rate })}
        placeholder={t('editor.rateNone')}
        min={1}
        max={10_000}
        allowDecimal={false}
        allowNegative={false}
        hideControls
        maw={420}
        value={draft.ratePerSecond ?? ''}
        onChange={(value) => change({ ratePerSecond: value === '' ? null : Number(value) })}
        error={errorAt('ratePerSecond')}
      />
      <NightAndEnd />
      <Safety />
      <Radio.Group
        label={t('editor.unknownPolicy')}
        description={t('editor.unknownPolicyHint')}
        value={draft.unknownPolicy}
        onChange={(value) => change({ unknownPolicy: value as Draft['unknownPolicy'] })}
        error={errorAt('unknownPolicy')}
      >
        <Stack gap="sm" mt="sm">
          {UNKNOWN_POLICIES.map((policy) => (
            <Radio key={policy} value={policy} label={named('unknownPolicy', policy)} description={named('unknownPolicyHint', policy)} />
          ))}
        </Stack>
      </Radio.Group>
    </Stack>
  )
}

function TimeChoice() {
  const { t } = useStrings()
  const format = useFormat()
  const { at, setAt, zone, change, scheduledAt, scheduledText, errorAt } = useEditor()
  const now = useNow(30_000)
  const isPast = scheduledAt !== undefined && scheduledAt.getTime() < now.getTime()
  const isShifted = scheduledAt !== undefined && wallTimeOf(scheduledAt, zone) !== at
  return (
    <Stack gap="sm">
      <Radio.Group
        label={t('editor.when')}
        value={at === 'now' ? 'now' : 'at'}
        onChange={(value) => setAt(value === 'now' ? 'now' : nextHour(zone))}
      >
        <Group gap="lg" mt="xs">
          <Radio value="now" label={t('editor.whenNow')} />
          <Radio value="at" label={t('editor.whenAt')} />
        </Group>
      </Radio.Group>
      {at !== 'now' && (
        <>
          <Group gap="sm" align="flex-start">
            <TextInput
              type="datetime-local"
              label={t('editor.time')}
              value={at}
              min={wallTimeOf(now, zone)}
              onChange={(event) => event.currentTarget.value !== '' && setAt(event.currentTarget.value.slice(0, 16))}
              error={errorAt('scheduledAt') ?? (isPast ? t('editor.timePast') : undefined)}
              flex="1 1 220px"
              maw={300}
            />
            <TimeZoneSelect
              label={t('editor.zone')}
              value={zone}
              onChange={(timeZone) => change({ timeZone })}
              error={errorAt('timeZone')}
              flex="1 1 220px"
              maw={300}
            />
          </Group>
          {scheduledAt !== undefined && !isPast && (
            <Text size="sm" c="dimmed">
              {isShifted ? t('editor.timeShifted', { time: scheduledText }) : t('editor.timeIs', { time: format.exact(scheduledAt) })}
            </Text>
          )}
        </>
      )}
      {at === 'now' && (
        <Text size="sm" c="dimmed">
          {t('editor.whenNowHint')}
        </Text>
      )}
    </Stack>
  )
}

/** The next full hour that is at least an hour away. */
const nextHour = (zone: string): string => `${wallTimeOf(Date.now() + 2 * HOUR_MS, zone).slice(0, 13)}:00`
