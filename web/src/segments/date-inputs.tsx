import { Group, NumberInput, Select, TextInput } from '@mantine/core'
import { instantOfWall, wallTimeOf } from '../parts/wall-time.ts'
import { useSession } from '../session/session.tsx'
import { useStrings } from '../strings/language.tsx'
import type { DateCondition } from './tree.ts'

const FIELDS = ['created', 'lastMessaged', 'lastReplied'] as const
/** How one says it; the API writes it with op, at and daysAgo. */
const WAYS = ['inLast', 'notInLast', 'since', 'until', 'ever', 'never'] as const
type Way = (typeof WAYS)[number]

function wayOf({ op, at }: DateCondition): Way {
  if (op === 'ever' || op === 'never') return op
  if (at === undefined) return op === 'after' ? 'inLast' : 'notInLast'
  return op === 'after' ? 'since' : 'until'
}

/** When something last happened: in the last days, since or before a day of the workspace's calendar, ever or never. */
export function DateInputs({ date, onChange }: { readonly date: DateCondition; onChange(date: DateCondition): void }) {
  const { t } = useStrings()
  const { timeZone } = useSession().workspace
  const { field } = date
  const way = wayOf(date)
  const today = wallTimeOf(Date.now(), timeZone).slice(0, 10)
  const atOf = (day: string) => instantOfWall(`${day}T00:00`, timeZone)?.toISOString()
  const choose = (next: Way) => {
    if (next === 'ever' || next === 'never') return onChange({ field, op: next })
    const op = next === 'inLast' || next === 'since' ? 'after' : 'before'
    if (next === 'inLast' || next === 'notInLast') return onChange({ field, op, daysAgo: date.daysAgo ?? 30 })
    const at = date.at ?? atOf(today)
    onChange({ field, op, ...(at === undefined ? {} : { at }) })
  }
  return (
    <Group gap="xs" align="flex-start">
      <Select
        aria-label={t('segments.dateField')}
        data={FIELDS.map((value) => ({ value, label: t(`segments.date.${value}`) }))}
        value={field}
        onChange={(value) => onChange({ ...date, field: FIELDS.find((known) => known === value) ?? field })}
        allowDeselect={false}
        flex="2 1 160px"
      />
      <Select
        aria-label={t('editor.comparison')}
        data={WAYS.map((value) => ({ value, label: t(`segments.way.${value}`) }))}
        value={way}
        onChange={(value) => choose(WAYS.find((known) => known === value) ?? way)}
        allowDeselect={false}
        flex="2 1 160px"
      />
      {(way === 'inLast' || way === 'notInLast') && (
        <NumberInput
          aria-label={t('segments.days')}
          suffix={` ${t('segments.daysShort')}`}
          min={0}
          max={3_650}
          allowDecimal={false}
          value={date.daysAgo ?? ''}
          onChange={(value) => {
            const { daysAgo: _, ...rest } = date
            onChange(value === '' ? rest : { ...rest, daysAgo: Number(value) })
          }}
          flex="1 1 110px"
        />
      )}
      {(way === 'since' || way === 'until') && (
        <TextInput
          type="date"
          aria-label={t('segments.day')}
          value={date.at === undefined ? '' : wallTimeOf(date.at, timeZone).slice(0, 10)}
          onChange={(event) => {
            const at = atOf(event.currentTarget.value)
            if (at !== undefined) onChange({ ...date, at })
          }}
          flex="1 1 150px"
        />
      )}
    </Group>
  )
}
