import { Skeleton } from '@mantine/core'
import type { ReactNode } from 'react'
import { useStrings } from '../strings/language.tsx'
import { FailureState } from './states.tsx'

interface Loaded<Data> {
  /** What is loaded, for a screen reader. */
  readonly label: string
  readonly query: { readonly data: Data | undefined; readonly error: unknown; refetch(): Promise<unknown> }
  /** Pixels that stand there meanwhile. */
  readonly height?: number
  readonly children: (data: Data) => ReactNode
}

/** What a query answered; until then its outline, and why there is nothing when it failed. */
export function Loaded<Data>({ label, query: { data, error, refetch }, height = 200, children }: Loaded<Data>) {
  const { t } = useStrings()
  if (data !== undefined) return <>{children(data)}</>
  if (error !== null) return <FailureState error={error} onRetry={() => void refetch()} />
  return <Skeleton height={height} role="status" aria-busy aria-label={t('list.loading', { label })} />
}
