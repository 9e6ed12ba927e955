import { type Sql, sql } from '../platform/db.ts'

/** The parts of an audience, by their number in experiment_person. */
export const GROUPS = ['A', 'B', 'C', 'D', 'rest', 'holdOut'] as const
export type Group = (typeof GROUPS)[number]
export const REST = 4
export const HOLD_OUT = 5
export const partOf = (group: Group): number => GROUPS.indexOf(group)

/** Condition over alias `c` (contact): drawn into this part. */
export const drawnSql = (workspaceId: string, experimentId: string, group: Group): Sql => sql`
  c.id IN (SELECT p.contact_id FROM experiment_person p WHERE p.workspace_id = ${workspaceId} AND p.experiment_id = ${experimentId} AND p.part = ${partOf(group)})`
