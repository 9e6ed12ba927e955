import { ActionIcon, Group, Text } from '@mantine/core'
import { IconChevronLeft, IconChevronRight } from '@tabler/icons-react'
import { useStrings } from '../strings/language.tsx'

interface Pager {
  /** From 0. */
  readonly at: number
  readonly count: number
  /** Whose values are shown. */
  readonly name: string
  readonly onChange: (at: number) => void
}

/** ← 3/20 →: whose values the phone shows. */
export function SamplePager({ at, count, name, onChange }: Pager) {
  const { t, dir } = useStrings()
  const [Back, Forth] = dir === 'rtl' ? [IconChevronRight, IconChevronLeft] : [IconChevronLeft, IconChevronRight]
  return (
    <Group justify="center" gap="xs" wrap="nowrap">
      <ActionIcon aria-label={t('preview.previous')} onClick={() => onChange((at + count - 1) % count)} disabled={count < 2}>
        <Back size={18} aria-hidden />
      </ActionIcon>
      <Text size="sm" ta="center" miw={0} aria-live="polite">
        <bdi className="number">
          {at + 1}/{count}
        </bdi>{' '}
        · <bdi className="typed">{name}</bdi>
      </Text>
      <ActionIcon aria-label={t('preview.next')} onClick={() => onChange((at + 1) % count)} disabled={count < 2}>
        <Forth size={18} aria-hidden />
      </ActionIcon>
    </Group>
  )
}
