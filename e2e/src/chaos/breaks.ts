import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { CELLS } from './cells.ts'
import { nameOf } from './play.ts'
import type { Postgres } from './postgres.ts'
import { runCell } from './run.ts'

/** A way to break the product on purpose, and the cell that must notice: a judge that lets it pass is worth nothing. */
export interface Break {
  readonly name: string
  readonly file: string
  /** Occurs exactly once in the file. */
  readonly find: string
  readonly replace: string
  readonly cell: string
}

export const BREAKS: readonly Break[] = [
  {
    name: 'a lost answer counts as not sent',
    file: 'dispatch/verdict.ts',
    find: "if (outcome.kind === 'ambiguous') return verdict(STATE.unknown,",
    replace: "if (outcome.kind === 'ambiguous') return verdict(STATE.pending,",
    cell: 'webhooks: withheld until the end, receipts', // else receipts prove the acceptance before the second attempt
  },
  {
    name: 'what a crash left is sent again',
    file: 'dispatch/rescuer.ts',
    find: 'state: STATE.unknown,',
    replace: 'state: STATE.pending,',
    cell: 'process: a full window lost, slow answers, kill -9',
  },
  {
    name: 'a 5xx without a result counts as accepted',
    file: 'dispatch/outcome.ts',
    find: "return { kind: 'ambiguous', code: null, detail: `HTTP",
    replace:
      "if (httpStatus >= 500) return { kind: 'accepted', wamid: 'wamid.guess', status: null, waId: null, userId: null }\n  return { kind: 'ambiguous', code: null, detail: `HTTP",
    cell: 'provider: 502 with HTML, before acceptance',
  },
  {
    name: 'a revoked token burns people',
    file: 'dispatch/verdict.ts',
    find: "return verdict(STATE.pending, tries, code, title, null, 0, 'held')",
    replace: "return verdict(STATE.rejected, tries, code, title, false, 0, 'held')",
    cell: 'provider: token revoked (190), middle',
  },
  {
    name: 'the intent does not ask who opted out',
    file: 'dispatch/intent.ts',
    find: 'reason ?? unsendable.get(seq) ?? null',
    replace: 'unsendable.get(seq) ?? null',
    cell: 'people: opt-out by a word, middle',
  },
  {
    name: 'the intent does not ask whether the campaign was cancelled',
    file: 'dispatch/intent.ts',
    find: "c.status = 'Running' AND c.frozen_at",
    replace: 'c.frozen_at',
    cell: 'people: cancel, middle',
  },
  {
    name: 'the window does not bound what is under way',
    file: 'dispatch/orders.ts', // both guards, the driver's and the intent's, take it from here
    find: 'window: maxInFlight ?? Math.ceil(',
    replace: 'window: 10 * (maxInFlight ?? 0) || 10 * Math.ceil(',
    cell: 'process: a full window lost, slow answers, kill -9',
  },
  {
    name: 'webhooks are acknowledged before they are stored',
    file: 'webhooks/receiver.ts',
    find: 'await withinDeadline(intake({ workspaceId: account.workspaceId, accountId: account.id, body }))',
    replace:
      'setTimeout(() => void intake({ workspaceId: account.workspaceId, accountId: account.id, body }), 30)\n    await Promise.resolve()',
    cell: 'webhooks: acknowledged, then kill -9 a millisecond later, eight times',
  },
  {
    name: 'signatures are not checked',
    file: 'webhooks/signature.ts',
    find: "return timingSafeEqual(Buffer.from(given, 'hex')",
    replace: "return given.length > 0 || timingSafeEqual(Buffer.from(given, 'hex')",
    cell: 'webhooks: forged signatures, middle',
  },
  {
    name: 'a later receipt overwrites a further one',
    file: 'dispatch/state.ts',
    find: 'current === undefined || current < proof ? proof : current',
    replace: 'proof',
    cell: 'webhooks: repeated and shuffled, while they heal doubt',
  },
  {
    name: 'a missed schedule starts all the same',
    file: 'campaigns/scheduler.ts',
    find: 'if (campaign.is_missed) {',
    replace: 'if (campaign.is_missed && campaign.id === null) {',
    cell: 'time: missed by more than the grace, server away at the due time',
  },
  {
    name: 'a store away is answered with 500',
    file: 'platform/store-errors.ts',
    find: 'export function isStoreAway(error: unknown): boolean {',
    replace: 'export function isStoreAway(error: unknown): boolean {\n  if (error !== null) return false',
    cell: 'database: network cut for 3 s, middle',
  },
]

/** The part of a break that its file must hold: for the test that keeps this list true. */
export const isApplicable = ({ file, find }: Break): boolean =>
  readFileSync(fileURLToPath(new URL(`../../../server/src/${file}`, import.meta.url)), 'utf8').split(find).length === 2

export interface Proof {
  readonly name: string
  readonly cell: string
  /** What the judge said; undefined: it noticed nothing. */
  readonly noticed: string | undefined
}

/** Plays every break (or those whose name contains one of these) against its cell. */
export async function playBreaks(postgres: Postgres, seed: number, names: readonly string[]): Promise<Proof[]> {
  const proofs: Proof[] = []
  for (const { name, cell: wanted, ...change } of BREAKS) {
    if (names.length > 0 && !names.some((text) => name.includes(text))) continue
    const cell = CELLS.find((candidate) => nameOf(candidate) === wanted)
    if (cell === undefined) throw new Error(`there is no cell "${wanted}"`)
    const environment = { ...cell.stage?.environment, CHAOS_BREAK: JSON.stringify(change) }
    const hook = fileURLToPath(new URL('./break-hook.ts', import.meta.url))
    const result = await runCell({ ...cell, stage: { ...cell.stage, environment } }, seed, postgres, ['--import', hook])
    const noticed = result.outcome === 'broken' ? result.failures[0] : undefined
    proofs.push({ name, cell: wanted, noticed })
    console.log(
      `${noticed === undefined ? '✘ not noticed' : '✔ noticed'}: ${name}\n    by ${wanted} (${result.seconds} s): ${noticed ?? '–'}`,
    )
  }
  return proofs
}
