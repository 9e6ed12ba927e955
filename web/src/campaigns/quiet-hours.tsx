import { Button, Group, TextInput } from '@mantine/core'
import { IconMoon, IconX } from '@tabler/icons-react'
import type { Schema } from '../api/client.ts'
import { useStrings } from '../strings/language.tsx'

type QuietHours = Schema<'QuietHours'>
const USUAL: QuietHours = { from: '21:00', to: '09:00' }

/** From when to when, by each person's own clock; or none. */
export function QuietHoursInputs({
  value,
  onChange,
  disabled = false,
}: {
  readonly value: QuietHours | null
  readonly disabled?: boolean
  onChange(value: QuietHours | null): void
}) {
  const { t } = useStrings()
  if (value === null)
    return (
      <Button
        variant="default"
        size="xs"
        mt={6}
        disabled={disabled}
        leftSection={<IconMoon size={14} aria-hidden />}
        onClick={() => onChange(USUAL)}
      >
        {t('quietHours.set')}
      </Button>
    )
  const field = (name: 'from' | 'to') => (
    <TextInput
      type="time"
      label={t(`quietHours.${name}`)}
      value={value[name]}
      disabled={disabled}
      required
      onChange={(event) => event.currentTarget.value !== '' && onChange({ ...value, [name]: event.currentTarget.value.slice(0, 5) })}
      w={140}
    />
  )
  return (
    <Group gap="sm" mt={6} align="flex-end">
      {field('from')}
      {field('to')}
      <Button
        variant="subtle"
        color="gray"
        disabled={disabled}
        leftSection={<IconX size={14} aria-hidden />}
        onClick={() => onChange(null)}
      >
        {t('quietHours.none')}
      </Button>
    </Group>
  )
}
