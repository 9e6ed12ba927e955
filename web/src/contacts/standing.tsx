import { StatusChip } from '../parts/status-chip.tsx'
import type { Contact } from './queries.ts'

/** Whether a person gets campaigns; what keeps them out comes first. */
export function Standing({ contact: { isActive, optedOutAt } }: { readonly contact: Pick<Contact, 'isActive' | 'optedOutAt'> }) {
  return <StatusChip status={optedOutAt !== null ? 'OptedOut' : isActive ? 'Active' : 'Inactive'} />
}
