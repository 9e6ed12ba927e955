import { Button, Checkbox, Group, Modal, NumberInput, Select, Stack, Text, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useAct } from '../api/act.ts'
import { answer, api, type Schema } from '../api/client.ts'
import { fieldErrors } from '../api/problem.ts'
import { Failures } from '../parts/failures.tsx'
import { TimeZoneSelect } from '../parts/time-zone-select.tsx'
import { useFormat } from '../parts/use-format.ts'
import { instantOfWall, wallTimeOf } from '../parts/wall-time.ts'
import { useStrings } from '../strings/language.tsx'
import { occurrencesQuery, type Recurrence } from './queries.ts'
import { type Repetition, repetitionOf, ruleOf, UNITS, WEEKDAYS, WEEKLY } from './rule.ts'
import { useWeekdays } from './rule-text.ts'

type Content = Schema<'RecurrenceInput'>['campaign']
const FIELDS = ['name', 'rule', 'startsAt', 'timeZone']
const HOUR_MS = 3_600_000

/** What repeats: the content of a campaign, or a recurrence that is changed. */
export type Repeated =
  | { readonly recurrence: Recurrence }
  | { readonly recurrence?: undefined; readonly name: string; readonly content: Content; readonly timeZone: string }

/** When it is sent again and again. Mount it to open it. */
export function RepeatDialog({ of, onDone, onClose }: { readonly of: Repeated; onDone?(made: Recurrence): void; onClose(): void }) {
  const { t } = useStrings()
  const { recurrence } = of
  const first = recurrence === undefined ? { name: of.name, zone: of.timeZone } : { name: recurrence.name, zone: recurrence.timeZone }
  const [name, setName] = useState(first.name)
  const [zone, setZone] = useState(first.zone)
  const [wall, setWall] = useState(() =>
    recurrence === undefined ? `${wallTimeOf(Date.now() + 24 * HOUR_MS, zone).slice(0, 11)}09:00` : wallTimeOf(recurrence.startsAt, zone),
  )
  const [repetition, setRepetition] = useState(() => (recurrence === undefined ? WEEKLY : repetitionOf(recurrence.rule)))
  const [errors, setErrors] = useState<Readonly<Record<string, string>>>({})
  const [failures, setFailures] = useState<readonly string[]>([])
  const rule = repetition === undefined ? (recurrence?.rule ?? '') : ruleOf(repetition)
  const startsAt = instantOfWall(wall, zone)?.toISOString() ?? ''
  const { act, isPending } = useAct({
    run: (_: undefined, key) => {
      const headers = { 'Idempotency-Key': key }
      const body = {
        name,
        rule,
        startsAt,
        timeZone: zone,
        campaign: recurrence === undefined ? of.content : (recurrence.campaign as Content),
      }
      if (recurrence === undefined) return answer(api.POST('/api/v1/Recurrence', { body, headers }))
      return answer(api.PUT('/api/v1/Recurrence/{id}', { params: { path: { id: recurrence.id } }, body, headers }))
    },
    done: (made) => {
      onClose()
      onDone?.(made)
      return t(recurrence === undefined ? 'recurrences.made' : 'recurrences.saved', { name: made.name })
    },
    changes: [['recurrences']],
    onProblem: (problem) => {
      const { byField, rest } = fieldErrors(problem, FIELDS)
      setErrors(byField)
      setFailures(rest)
    },
  })
  return (
    <Modal
      opened
      size="lg"
      onClose={onClose}
      title={t(recurrence === undefined ? 'recurrences.new' : 'recurrences.change')}
      closeButtonProps={{ 'aria-label': t('action.close') }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault()
          setErrors({})
          setFailures([])
          act(undefined)
        }}
      >
        <Stack>
          {recurrence === undefined && (
            <Text size="sm" c="dimmed">
              {t('recurrences.newHint')}
            </Text>
          )}
          <Failures lines={failures} />
          <TextInput
            label={t('recurrences.name')}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            error={errors.name}
            maxLength={180}
            required
          />
          {repetition === undefined ? (
            <Text size="sm">{t('recurrences.ownRule', { rule })}</Text>
          ) : (
            <RepetitionInputs value={repetition} onChange={setRepetition} error={errors.rule} />
          )}
          <Group gap="sm" align="flex-start">
            <TextInput
              type="datetime-local"
              label={t('recurrences.first')}
              value={wall}
              onChange={({ currentTarget: { value } }) => value !== '' && setWall(value.slice(0, 16))}
              error={errors.startsAt}
              required
              flex="1 1 220px"
            />
            <TimeZoneSelect
              label={t('editor.zone')}
              value={zone}
              onChange={(value) => value !== null && setZone(value)}
              error={errors.timeZone}
              flex="1 1 220px"
            />
          </Group>
          <Next rule={rule} startsAt={startsAt} timeZone={zone} />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t('confirm.leave')}
            </Button>
            <Button type="submit" loading={isPending}>
              {t(recurrence === undefined ? 'recurrences.create' : 'recurrences.save')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}

function RepetitionInputs(props: { readonly value: Repetition; onChange(value: Repetition): void; readonly error: string | undefined }) {
  const { value, onChange, error } = props
  const { t } = useStrings()
  const weekdays = useWeekdays('short')
  const { end } = value
  return (
    <>
      <Group gap="sm" align="flex-start">
        <NumberInput
          label={t('recurrences.interval')}
          min={1}
          max={99}
          allowDecimal={false}
          allowNegative={false}
          hideControls
          value={value.interval}
          onChange={(interval) => typeof interval === 'number' && interval >= 1 && onChange({ ...value, interval })}
          error={error}
          w={120}
        />
        <Select
          label={t('recurrences.unit')}
          data={UNITS.map((unit) => ({ value: unit, label: t(`recurrences.unit.${unit}`) }))}
          value={value.unit}
          allowDeselect={false}
          onChange={(unit) => onChange({ ...value, unit: UNITS.find((one) => one === unit) ?? 'DAILY' })}
          w={180}
        />
      </Group>
      {value.unit === 'WEEKLY' && (
        <Checkbox.Group
          label={t('recurrences.days')}
          description={t('recurrences.daysHint')}
          value={[...value.weekdays]}
          onChange={(days) => onChange({ ...value, weekdays: WEEKDAYS.filter((day) => days.includes(day)) })}
        >
          <Group gap="md" mt="xs">
            {WEEKDAYS.map((day) => (
              <Checkbox key={day} value={day} label={weekdays.get(day)} />
            ))}
          </Group>
        </Checkbox.Group>
      )}
      <Group gap="sm" align="flex-start">
        <Select
          label={t('recurrences.end')}
          data={(['never', 'count', 'until'] as const).map((kind) => ({ value: kind, label: t(`recurrences.end.${kind}`) }))}
          value={end.kind}
          allowDeselect={false}
          onChange={(kind) =>
            onChange({
              ...value,
              end: kind === 'count' ? { kind, count: 10 } : kind === 'until' ? { kind, day: inAYear() } : { kind: 'never' },
            })
          }
          w={220}
        />
        {end.kind === 'count' && (
          <NumberInput
            label={t('recurrences.count')}
            min={1}
            max={1_000}
            allowDecimal={false}
            allowNegative={false}
            hideControls
            value={end.count}
            onChange={(count) => typeof count === 'number' && count >= 1 && onChange({ ...value, end: { kind: 'count', count } })}
            w={120}
          />
        )}
        {end.kind === 'until' && (
          <TextInput
            type="date"
            label={t('recurrences.lastDay')}
            value={end.day}
            onChange={({ currentTarget: { value: day } }) => day !== '' && onChange({ ...value, end: { kind: 'until', day } })}
            w={180}
          />
        )}
      </Group>
    </>
  )
}

const inAYear = (): string => new Date(Date.now() + 365 * 24 * HOUR_MS).toISOString().slice(0, 10)

/** The next few times, so that a rule is seen before it counts. */
function Next(when: { readonly rule: string; readonly startsAt: string; readonly timeZone: string }) {
  const { t } = useStrings()
  const format = useFormat()
  const { data } = useQuery({ ...occurrencesQuery(when), enabled: when.startsAt !== '' && when.rule !== '' })
  if (data === undefined) return null
  return (
    <Text size="sm" role="status">
      {data.items.length === 0
        ? t('recurrences.neverHappens')
        : t('recurrences.next', {
            times: data.items
              .slice(0, 3)
              .map((at) => format.exact(at))
              .join(' · '),
          })}
    </Text>
  )
}
