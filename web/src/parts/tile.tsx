import { Text } from '@mantine/core'
import type { ReactNode } from 'react'
import classes from './tile.module.css'

interface Tile {
  readonly label: string
  /** The figure, as it is to be read. */
  readonly value: string
  /** What the figure is a share of, or compared with: no figure stands alone. */
  readonly note: ReactNode
  /** A figure that asks for a look. */
  readonly look?: 'alarm' | 'doubt' | undefined
  /** A link around it, to what is behind the figure. */
  readonly link?: ((tile: { readonly className: string; readonly children: ReactNode }) => ReactNode) | undefined
}

/** One figure that matters. */
export function Tile({ label, value, note, look, link }: Tile) {
  const className = classes.tile ?? ''
  const children = (
    <>
      <Text component="span" display="block" size="xs" c="dimmed" fw={500}>
        {label}
      </Text>
      <span className={`number ${classes.figure}`} data-look={look}>
        {value}
      </span>
      <Text component="span" display="block" size="xs" c="dimmed">
        {note}
      </Text>
    </>
  )
  return link === undefined ? <div className={className}>{children}</div> : link({ className, children })
}
