import { Problem } from '../platform/problem.ts'
import { PERMISSIONS, type Permission } from './permissions.ts'

/** What a member may do. Built-in roles are the same everywhere; others belong to one workspace. */
export interface Role {
  readonly id: string
  readonly name: string
  readonly isBuiltIn: boolean
  readonly permissions: readonly Permission[]
}

export const BUILT_IN_NAMES = ['Owner', 'Admin', 'Marketer', 'Approver', 'Viewer'] as const
export type BuiltInName = (typeof BUILT_IN_NAMES)[number]

const all = (keep: (permission: Permission) => boolean) => PERMISSIONS.filter(keep)
const noun = (permission: Permission) => permission.split(':')[0]

/** api.md §2. */
const GRANTS: Record<BuiltInName, readonly Permission[]> = {
  Owner: PERMISSIONS,
  Admin: all((permission) => permission !== 'Workspace:Delete'),
  Marketer: [
    ...all((permission) => noun(permission) === 'WhatsappCampaign' && permission !== 'WhatsappCampaign:Delete'),
    ...all((permission) => noun(permission) === 'Contact' || noun(permission) === 'Segment'),
    'WhatsappTemplate:View',
  ],
  Approver: ['WhatsappCampaign:View', 'WhatsappCampaign:Execute'],
  Viewer: all((permission) => permission.endsWith(':View')),
}

/** Ids that every installation shares, so that clients may name a built-in role like any other. */
export const BUILT_IN_ROLES: readonly Role[] = BUILT_IN_NAMES.map((name, i) => ({
  id: `01900000-0000-7000-8000-00000000000${i + 1}`,
  name,
  isBuiltIn: true,
  permissions: GRANTS[name],
}))
export const builtIn = (name: BuiltInName): Role => BUILT_IN_ROLES[BUILT_IN_NAMES.indexOf(name)] as Role

/** What a member holds now: where campaigns need an approval, a Marketer does not start them. */
export function effectivePermissions(role: Role, workspace: { readonly approvalRequired: boolean }): Permission[] {
  const isMarketer = role.isBuiltIn && role.name === 'Marketer'
  return role.permissions.filter((permission) => !(isMarketer && workspace.approvalRequired && permission === 'WhatsappCampaign:Execute'))
}

/**
 * Nobody grants what they do not hold: keys, roles, invitations, memberships.
 * @throws 403 naming what is missing
 */
export function mustHold(holder: ReadonlySet<Permission>, permissions: readonly Permission[]): void {
  const missing = permissions.filter((permission) => !holder.has(permission))
  if (missing.length > 0) throw new Problem('forbidden', `Nobody can grant or take what they do not hold: ${missing.join(', ')}.`)
}
