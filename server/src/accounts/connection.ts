import { metaCall } from '../meta/refusal.ts'
import { audit } from '../platform/audit.ts'
import type { Db } from '../platform/db.ts'
import { type Deps, invalidInput, type Principal } from '../platform/http.ts'
import { newId } from '../platform/ids.ts'
import { Problem } from '../platform/problem.ts'
import { inTransaction } from '../platform/transaction.ts'
import type { SyncCounts } from '../templates/sync.ts'
import { syncTemplatesOf, verifyAccount } from './actions.ts'
import { syncNumbers } from './numbers.ts'
import {
  type AccountRow,
  accountById,
  campaignUsing,
  clientOf,
  insertAccount,
  markSynced,
  openAccount,
  removeAccount,
  sealAccount,
  updateAccount,
} from './queries.ts'
import type { AccountChange, AccountInput } from './schema.ts'

/** An account of this workspace; 404 when there is none. */
export async function knownAccount(db: Db, workspaceId: string, id: string): Promise<AccountRow> {
  const row = await accountById(db, workspaceId, id)
  if (row === undefined) throw new Problem('not-found', 'There is no such account.')
  return row
}

function refuseBaseUrl({ config }: Pick<Deps, 'config'>, graphBaseUrl: string | null | undefined): void {
  if (graphBaseUrl && !config.ALLOW_GRAPH_BASE_URL)
    throw new Problem('graph-base-url-forbidden', 'The operator has not set ALLOW_GRAPH_BASE_URL.', {
      errors: [{ pointer: '/graphBaseUrl', detail: 'is not allowed on this installation.' }],
    })
}

/** Connects an account, then asks Meta everything it needs to work: what fails stands in its health, and it stays connected. */
export async function connectAccount(deps: Deps, principal: Principal, input: AccountInput): Promise<AccountRow> {
  const { workspaceId } = principal
  refuseBaseUrl(deps, input.graphBaseUrl)
  const id = newId()
  await inTransaction(deps.pool, async (tx) => {
    if (!(await insertAccount(tx, workspaceId, id, input, await sealAccount(deps.secrets, workspaceId, input))))
      throw new Problem('account-exists', 'This WABA is already connected to this installation.')
    await audit(tx, principal, { action: 'account.create', objectType: 'WhatsappAccount', objectId: id, detail: { wabaId: input.wabaId } })
  })
  await verifyAccount(deps, workspaceId, id) // after the commit: Meta calls our webhook address while we subscribe
  return knownAccount(deps.pool, workspaceId, id)
}

/** @param check called with the row as it stands, before anything changes */
export async function changeAccount(
  deps: Deps,
  tx: Db,
  principal: Principal,
  id: string,
  input: AccountChange,
  check: (row: AccountRow) => void,
): Promise<AccountRow> {
  const { workspaceId } = principal
  refuseBaseUrl(deps, input.graphBaseUrl)
  const known = await knownAccount(tx, workspaceId, id)
  check(known)
  if (input.wabaId !== known.waba_id)
    throw invalidInput([{ pointer: '/wabaId', detail: 'cannot change; connect the other account instead.' }])
  await audit(tx, principal, { action: 'account.update', objectType: 'WhatsappAccount', objectId: id })
  return updateAccount(tx, workspaceId, id, input, await sealAccount(deps.secrets, workspaceId, input))
}

/** Refused while a running or scheduled campaign uses the account. */
export async function disconnectAccount(tx: Db, principal: Principal, id: string, check: (row: AccountRow) => void): Promise<void> {
  const { workspaceId } = principal
  check(await knownAccount(tx, workspaceId, id))
  const used = await campaignUsing(tx, workspaceId, id)
  if (used !== undefined) throw new Problem('account-in-use', `The campaign “${used.name}” still uses it.`)
  await removeAccount(tx, workspaceId, id)
  await audit(tx, principal, { action: 'account.delete', objectType: 'WhatsappAccount', objectId: id })
}

/** Asks Meta again whether everything works. */
export async function recheckAccount(deps: Deps, principal: Principal, id: string): Promise<AccountRow> {
  const { workspaceId } = principal
  await knownAccount(deps.pool, workspaceId, id)
  await verifyAccount(deps, workspaceId, id)
  await audit(deps.pool, principal, { action: 'account.verify', objectType: 'WhatsappAccount', objectId: id })
  return knownAccount(deps.pool, workspaceId, id)
}

/** Reads numbers and templates from Meta. Repeating it is safe. */
export async function syncAccount(deps: Deps, principal: Principal, id: string): Promise<SyncCounts> {
  const { workspaceId } = principal
  await knownAccount(deps.pool, workspaceId, id)
  const account = await openAccount(deps, workspaceId, id)
  const counts = await metaCall(async () => {
    const numbers = await clientOf(deps, account).phoneNumbers(account.wabaId)
    await inTransaction(deps.pool, (tx) => syncNumbers(tx, workspaceId, id, numbers))
    return syncTemplatesOf(deps, account)
  })
  await markSynced(deps.pool, workspaceId, id)
  await audit(deps.pool, principal, { action: 'account.sync', objectType: 'WhatsappAccount', objectId: id, detail: { ...counts } })
  return counts
}
