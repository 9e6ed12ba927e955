import { Anchor } from '@mantine/core'
import { Link } from '@tanstack/react-router'

/** What a row of a list is called, leading to its page. @param to a route with `$id` */
export function RowLink({ to, id, children }: { readonly to: string; readonly id: string; readonly children: string }) {
  return (
    <Anchor
      size="sm"
      fw={600}
      c="var(--mantine-color-text)"
      className="typed"
      lineClamp={2}
      renderRoot={(props) => <Link to={to} params={{ id } as never} {...props} />}
    >
      {children}
    </Anchor>
  )
}
