import { z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { membershipsOf } from '../people/members.ts'
import { type Db, one, sql } from '../platform/db.ts'
import type { AppEnv, Person, Principal } from '../platform/http.ts'

export const Me = z
  .object({
    user: z.object({ id: z.string(), name: z.string(), email: z.string(), twoFactorEnabled: z.boolean() }).nullable(),
    apiKey: z.object({ id: z.string(), name: z.string() }).nullable(),
    workspaces: z.array(
      z.object({
        id: z.string(),
        name: z.string(),
        timeZone: z.string(),
        role: z.object({ id: z.string(), name: z.string() }).nullable().openapi({ description: 'null for an API key' }),
        permissions: z.array(z.string()).openapi({ description: 'What the caller may do there now.' }),
      }),
    ),
  })
  .openapi('Me')

/** Who is calling and what they reach: the first thing a console asks. */
export function describeCaller(db: Db, c: Context<AppEnv>): Promise<z.infer<typeof Me>> {
  const person = c.get('person')
  if (person !== undefined) return describePerson(db, person)
  const principal = c.get('principal')
  if (principal === undefined) throw new Error('a route without a gate asked for its caller')
  return describeKey(db, principal)
}

export async function describePerson(db: Db, { userId, name, email, twoFactorEnabled }: Person): Promise<z.infer<typeof Me>> {
  const workspaces = await membershipsOf(db, userId)
  return {
    user: { id: userId, name, email, twoFactorEnabled },
    apiKey: null,
    workspaces: workspaces.map(({ workspaceId, name, timeZone, role, permissions }) => ({
      id: workspaceId,
      name,
      timeZone,
      role: { id: role.id, name: role.name },
      permissions: [...permissions],
    })),
  }
}

async function describeKey(db: Db, { workspaceId, actor, permissions }: Principal): Promise<z.infer<typeof Me>> {
  const { name, time_zone: timeZone } = await one<{ name: string; time_zone: string }>(
    db,
    sql`SELECT name, time_zone FROM workspace WHERE id = ${workspaceId}`,
  )
  return {
    user: null,
    apiKey: { id: actor.id ?? '', name: actor.name },
    workspaces: [{ id: workspaceId, name, timeZone, role: null, permissions: [...permissions] }],
  }
}
