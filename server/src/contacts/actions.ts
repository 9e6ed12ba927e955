import { checkTopic } from '../consent/topics.ts'
import { audit } from '../platform/audit.ts'
import { type Db, one, sql } from '../platform/db.ts'
import { invalidInput, type Principal } from '../platform/http.ts'
import { maskPhone } from '../platform/log.ts'
import { Problem } from '../platform/problem.ts'
import type { Secrets } from '../platform/secrets.ts'
import { type ConsentSource, noteMarketing, recordConsent } from './consent.ts'
import { type ContactFilter, compileFilter, filterEmpty, filterProblems, isEmptyFilter } from './filter.ts'
import { type Phone, parsePhone } from './identity.ts'
import {
  changeTags,
  contactById,
  contactByPhone,
  countContacts,
  defaultCountry,
  deleteContacts,
  insertContact,
  updateContact,
} from './queries.ts'
import type { BulkDelete, BulkTags, ContactInput, ContactRow, OptChange } from './schema.ts'

async function phoneOf(db: Db, workspaceId: string, input: ContactInput): Promise<Phone> {
  const country = await defaultCountry(db, workspaceId)
  const phone = parsePhone(input.phone, country)
  if (phone !== undefined) return phone
  const hint = country === null ? ' Write it with + and country code.' : ''
  throw invalidInput([{ pointer: '/phone', detail: `This is not a valid phone number.${hint}` }])
}

const exists = (row: ContactRow | undefined) =>
  new Problem('contact-exists', 'A contact with this phone number exists; change it with PUT, or use ?upsert=true.', {
    extra: { id: row?.id },
  })

const sourceOf = ({ actor }: Principal): ConsentSource => (actor.type === 'user' ? 'admin' : 'api')
const noteAnswer = (tx: Db, principal: Principal, id: string) =>
  noteMarketing(tx, principal.workspaceId, sql`c.id = ${id}`, { source: sourceOf(principal), note: '', actorName: principal.actor.name })

/** A contact of this workspace; 404 when there is none. */
export async function knownContact(db: Db, workspaceId: string, id: string, lock: 'FOR UPDATE' | '' = ''): Promise<ContactRow> {
  const row = await contactById(db, workspaceId, id, lock)
  if (row === undefined) throw new Problem('not-found', 'There is no such contact.')
  return row
}

/** Refuses filters that name what does not exist here. */
export async function checkFilter(db: Db, workspaceId: string, filter: ContactFilter | undefined): Promise<void> {
  const problems = filter === undefined ? [] : await filterProblems(db, workspaceId, filter)
  if (problems.length > 0) throw invalidInput(problems)
}

export interface Made {
  readonly row: ContactRow
  readonly isNew: boolean
}

/** Creates; with `isUpsert` changes the contact that has the number. */
export async function createContact(tx: Db, secrets: Secrets, principal: Principal, input: ContactInput, isUpsert: boolean): Promise<Made> {
  const { workspaceId } = principal
  const phone = await phoneOf(tx, workspaceId, input)
  const made = await insertContact(tx, secrets, workspaceId, phone, input)
  const isNew = made !== undefined
  const known = isNew ? undefined : await contactByPhone(tx, workspaceId, phone.e164)
  if (!isNew && !isUpsert) throw exists(known)
  if (!isNew && !principal.permissions.has('Contact:Edit')) throw new Problem('forbidden', 'This needs the permission Contact:Edit.')
  const row = made ?? (await updateContact(tx, secrets, workspaceId, known?.id ?? '', known?.user_id ?? null, phone, input))
  await noteAnswer(tx, principal, row.id)
  const action = isNew ? 'contact.create' : 'contact.update'
  await audit(tx, principal, { action, objectType: 'Contact', objectId: row.id, detail: { phone: maskPhone(phone.e164) } })
  return { row, isNew }
}

/** Replaces the editable fields. @param check called with the row as it stands, before anything changes */
export async function changeContact(
  tx: Db,
  secrets: Secrets,
  principal: Principal,
  id: string,
  input: ContactInput,
  check: (row: ContactRow) => void,
): Promise<ContactRow> {
  const { workspaceId } = principal
  const known = await knownContact(tx, workspaceId, id, 'FOR UPDATE')
  check(known)
  const phone = await phoneOf(tx, workspaceId, input)
  const other = await contactByPhone(tx, workspaceId, phone.e164)
  if (other !== undefined && other.id !== id) throw exists(other)
  const updated = await updateContact(tx, secrets, workspaceId, id, known.user_id, phone, input)
  await noteAnswer(tx, principal, id)
  await audit(tx, principal, { action: 'contact.update', objectType: 'Contact', objectId: id })
  return updated
}

/** Deletes one; an opt-out outlives it. */
export async function deleteContact(tx: Db, principal: Principal, id: string, check: (row: ContactRow) => void): Promise<void> {
  check(await knownContact(tx, principal.workspaceId, id, 'FOR UPDATE'))
  await deleteContacts(tx, principal.workspaceId, sql`c.id = ${id}`)
  await audit(tx, principal, { action: 'contact.delete', objectType: 'Contact', objectId: id })
}

/** Changes tags of everybody the filter or the list names. @returns how many */
export async function tagContacts(tx: Db, principal: Principal, input: BulkTags): Promise<number> {
  const { workspaceId } = principal
  const { contactFilter, contactIds, add, remove } = input
  if ((contactFilter === undefined) === (contactIds === undefined))
    throw invalidInput([{ pointer: '/contactFilter', detail: 'Give either contactFilter or contactIds.' }])
  if (contactFilter !== undefined) await checkBulkFilter(tx, workspaceId, contactFilter)
  const which = contactFilter ? await compileFilter(tx, workspaceId, contactFilter) : sql`c.id = ANY(${contactIds}::uuid[])`
  const changed = await changeTags(tx, workspaceId, which, add, remove)
  await audit(tx, principal, { action: 'contact.tags', objectType: 'Contact', detail: { add, remove, changed } })
  return changed
}

/** Deletes everybody who matches, when their number is as confirmed. @returns how many */
export async function deleteMatching(tx: Db, principal: Principal, { contactFilter, confirmCount }: BulkDelete): Promise<number> {
  const { workspaceId } = principal
  await checkBulkFilter(tx, workspaceId, contactFilter)
  const which = await compileFilter(tx, workspaceId, contactFilter)
  const count = await countContacts(tx, which)
  if (count !== confirmCount) throw new Problem('confirm-count-mismatch', `${count} contacts match, ${confirmCount} were confirmed.`)
  const deleted = await deleteContacts(tx, workspaceId, which)
  await audit(tx, principal, { action: 'contact.bulkDelete', objectType: 'Contact', detail: { deleted } })
  return deleted
}

async function checkBulkFilter(tx: Db, workspaceId: string, filter: ContactFilter): Promise<void> {
  if (isEmptyFilter(filter)) throw filterEmpty('Say { "everyone": true } to mean all contacts.')
  await checkFilter(tx, workspaceId, filter)
}

/** Records what a caller knows of a person's will: said now, to an admin in the console or to a program. */
export async function changeConsent(tx: Db, principal: Principal, id: string, stopped: boolean, said: OptChange): Promise<ContactRow> {
  const { workspaceId, actor } = principal
  await knownContact(tx, workspaceId, id)
  await checkTopic(tx, workspaceId, said.topicId)
  const { now } = await one<{ now: Date }>(tx, sql`SELECT clock_timestamp() AS now`)
  await recordConsent(tx, [
    {
      workspaceId,
      contactId: id,
      source: sourceOf(principal),
      stopped,
      saidAt: now,
      note: [said.source, said.note].filter(Boolean).join(': '),
      actorName: actor.name,
      topicId: said.topicId,
    },
  ])
  await audit(tx, principal, {
    action: `contact.${stopped ? 'optOut' : 'optIn'}`,
    objectType: 'Contact',
    objectId: id,
    ...(said.topicId === null ? {} : { detail: { topicId: said.topicId } }),
  })
  return knownContact(tx, workspaceId, id)
}
