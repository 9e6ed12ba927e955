import { TextInput } from '@mantine/core'

/** A day, as the browser lets one be chosen; it is one of the workspace's zone. */
export function DayField({
  label,
  day,
  onChange,
}: {
  readonly label: string
  readonly day: string | undefined
  onChange(day: string | undefined): void
}) {
  return (
    <TextInput
      type="date"
      label={label}
      value={day ?? ''}
      onChange={(event) => onChange(event.currentTarget.value === '' ? undefined : event.currentTarget.value)}
    />
  )
}
