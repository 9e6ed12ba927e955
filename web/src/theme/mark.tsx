import { Group, Text } from '@mantine/core'

/** Fanfare's mark and word: a horn and its sound. */
export function Mark({ withWord = true }: { readonly withWord?: boolean }) {
  return (
    <Group gap={10} wrap="nowrap">
      <img src="/mark.svg" width={28} height={28} alt={withWord ? '' : 'Fanfare'} />
      {withWord && (
        <Text component="span" fw={700} fz="1.0625rem" lts="-0.015em" dir="ltr">
          Fanfare
        </Text>
      )}
    </Group>
  )
}
