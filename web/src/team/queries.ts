import { queryOptions } from '@tanstack/react-query'
import { answer, api, type Schema } from '../api/client.ts'

export type Member = Schema<'User'>
export type Role = Schema<'Role'>
export type Invitation = Schema<'Invitation'>

export const membersQuery = queryOptions({
  queryKey: ['team', 'members'],
  queryFn: ({ signal }) => answer(api.GET('/api/v1/User', { signal })),
})

export const rolesQuery = queryOptions({
  queryKey: ['team', 'roles'],
  queryFn: ({ signal }) => answer(api.GET('/api/v1/Role', { signal })),
})

export const invitationsQuery = queryOptions({
  queryKey: ['team', 'invitations'],
  queryFn: ({ signal }) => answer(api.GET('/api/v1/Invitation', { signal })),
})
