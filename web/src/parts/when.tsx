import { Text, type TextProps, Tooltip } from '@mantine/core'
import { useFormat } from './use-format.ts'
import { useNow } from './use-now.ts'

/** An instant, relative to now; exact with its zone on hover, on focus and to a screen reader. */
export function When({ at, ...text }: { readonly at: string } & TextProps) {
  const format = useFormat()
  const now = useNow(30_000)
  return (
    <Tooltip label={format.exact(at)}>
      <Text component="time" dateTime={at} className="number" inherit={text.size === undefined} {...text}>
        {format.relative(at, now)}
      </Text>
    </Tooltip>
  )
}
