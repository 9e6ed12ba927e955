import { Group, Text } from '@mantine/core'
import { IconPlugConnectedX } from '@tabler/icons-react'
import type { StreamState } from '../live/event-stream.ts'
import { useStrings } from '../strings/language.tsx'
import { useFormat } from './use-format.ts'

/** How old what is shown may be, and whether it still follows the server. Every view that shows figures says so. */
export function AsOf({ at, stream }: { readonly at: number | Date; readonly stream?: StreamState }) {
  const { t } = useStrings()
  const format = useFormat()
  return (
    <Group gap={6} wrap="nowrap" role="status">
      {stream === 'lost' && (
        <Text component="span" size="xs" fw={600} style={{ color: 'var(--warn-text)' }}>
          <IconPlugConnectedX size={14} aria-hidden style={{ verticalAlign: '-2px', marginInlineEnd: 4 }} />
          {t('live.reconnecting')}
        </Text>
      )}
      {Number(at) > 0 && (
        <Text component="span" size="xs" c="dimmed" className="number">
          {t('live.asOf', { time: format.time(new Date(at)) })}
        </Text>
      )}
    </Group>
  )
}
