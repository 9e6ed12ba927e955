import { Select, type SelectProps } from '@mantine/core'

/** Every zone the browser knows; its list lacks some that exist (UTC among them), so these are added. */
const ZONES = [
  ...new Set(['UTC', 'Asia/Kolkata', Intl.DateTimeFormat().resolvedOptions().timeZone, ...Intl.supportedValuesOf('timeZone')]),
].sort()

export const TimeZoneSelect = (props: Omit<SelectProps, 'data'>) => (
  <Select data={ZONES} searchable limit={100} allowDeselect={false} {...props} />
)
