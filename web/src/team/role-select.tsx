import { Select } from '@mantine/core'
import { useSession } from '../session/session.tsx'
import { useStrings } from '../strings/language.tsx'
import type { Role } from './queries.ts'

/** A built-in role in the language of the page, another by its own name. */
export function useRoleName(): (role: { readonly id: string; readonly name: string; readonly isBuiltIn?: boolean }) => string {
  const { named } = useStrings()
  return ({ name, isBuiltIn }) => (isBuiltIn === false ? name : named('role', name))
}

/** A role to give; one that holds more than the giver cannot be chosen. */
export function RoleSelect({
  label,
  roles,
  value,
  error,
  isBare = false,
  disabled = false,
  onChange,
}: {
  readonly label: string
  readonly roles: readonly Role[]
  /** A role's id. */
  readonly value: string | null
  readonly error?: string | undefined
  /** Without its label on screen. */
  readonly isBare?: boolean
  readonly disabled?: boolean
  onChange(role: Role): void
}) {
  const nameOf = useRoleName()
  const { may } = useSession()
  return (
    <Select
      {...(isBare ? { 'aria-label': label } : { label, required: true })}
      data={roles.map((role) => ({ value: role.id, label: nameOf(role), disabled: !role.permissions.every(may) }))}
      value={value}
      onChange={(id) => {
        const role = roles.find((known) => known.id === id)
        if (role !== undefined && id !== value) onChange(role)
      }}
      allowDeselect={false}
      disabled={disabled}
      error={error}
    />
  )
}
