import { checkMedia } from '../accounts/media.ts'
import { countAll } from '../contacts/count.ts'
import { type EligibilityRule, skipReasonSql } from '../contacts/eligibility.ts'
import { type ContactFilter, compileFilter, filterEmpty, filterProblems, isEmptyFilter, meansEverybody } from '../contacts/filter.ts'
import { trackedPrefixes } from '../platform/config.ts'
import { type Db, maybeOne, one, type Sql, sql } from '../platform/db.ts'
import { type Deps, invalidInput } from '../platform/http.ts'
import { Problem } from '../platform/problem.ts'
import type { CompiledMessage, HeaderMedia } from '../templates/render.ts'
import { compileVersions } from '../templates/versions.ts'
import { type Family, familyOf } from './languages.ts'
import { type CampaignRow, type LaunchTemplate, senderOf, siblingsOf, templateOf, workspaceRule } from './queries.ts'

/** Refusals that time or a person can mend: the campaign waits instead of failing. */
export const MENDABLE: ReadonlySet<string> = new Set(['template-not-approved'])

/** What a campaign brings to its launch, stored or not. */
export interface LaunchInput {
  readonly templateId: string
  /** `family`: each in a language of theirs; `template`: that template for everybody. */
  readonly languages: 'template' | 'family'
  readonly contactFilter: ContactFilter
  readonly senderId: string | null
  readonly variables: Readonly<Record<string, string>>
  readonly headerMedia: HeaderMedia | null
  readonly topicId: string | null
}
/** What a stored campaign brings. */
export const launchOf = (
  row: Pick<CampaignRow, 'template_id' | 'languages' | 'contact_filter' | 'sender_id' | 'variables' | 'header_media' | 'topic_id'>,
): LaunchInput => ({
  templateId: row.template_id,
  contactFilter: row.contact_filter,
  senderId: row.sender_id,
  variables: row.variables,
  headerMedia: row.header_media,
  languages: row.languages,
  topicId: row.topic_id,
})
export interface Launch {
  readonly template: LaunchTemplate
  /** The languages it goes out in; null: the one of its template. */
  readonly family: Family | null
  readonly message: CompiledMessage
  readonly numberId: string
  readonly rule: EligibilityRule
  /** The people of its filter, as a condition over alias `c` of table contact. */
  readonly people: Sql
}

/** The template of a campaign, whatever its state: it must exist in this workspace. */
export async function knownTemplate(db: Db, workspaceId: string, templateId: string): Promise<LaunchTemplate> {
  const template = await templateOf(db, workspaceId, templateId)
  if (template === undefined) throw invalidInput([{ pointer: '/templateId', detail: 'There is no such template.' }])
  return template
}

/** Parses variables and media against a template, or each of its family; every problem becomes a field of one refusal. */
export async function compileFor(
  deps: Pick<Deps, 'config'>,
  db: Db,
  workspaceId: string,
  template: LaunchTemplate,
  input: Pick<LaunchInput, 'languages' | 'variables' | 'headerMedia'>,
): Promise<{ readonly message: CompiledMessage; readonly family: Family | null }> {
  const family = input.languages === 'family' ? familyOf(template, await siblingsOf(db, workspaceId, template)) : null
  const compiled = compileVersions(
    (family?.versions ?? [template]).map(({ name, language, parameter_format, components }) => ({
      name,
      language,
      parameterFormat: parameter_format,
      components,
      variables: input.variables,
      headerMedia: input.headerMedia,
      trackedPrefixes: trackedPrefixes(deps.config),
    })),
  )
  if (compiled.ok) return { message: compiled.message, family }
  const errors = compiled.problems.map(({ key, detail }) => ({
    pointer: key === '' ? '/templateId' : key === 'headerMedia' ? '/headerMedia' : `/variables/${key}`,
    detail,
  }))
  const first = compiled.problems[0]
  throw new Problem(first?.slug ?? 'invalid-input', compiled.problems.map(({ detail }) => detail).join(' '), { errors })
}

/** What is known of a launch, and why it may not be: as much as can be told. */
export interface Attempt {
  /** In the order in which they are told; none: it may be launched. */
  readonly refusals: readonly Problem[]
  readonly template: LaunchTemplate
  /** Undefined: variables or media do not fit the template. */
  readonly compiled: { readonly message: CompiledMessage; readonly family: Family | null } | undefined
  /** Undefined: nobody can be chosen by its filter. */
  readonly audience: Audience | undefined
  readonly numberId: string | undefined
}
/** Who is meant, and who of them may be messaged. */
export type Audience = Pick<Launch, 'people' | 'rule'>

/** Every check a campaign must pass before it may be scheduled or run (api.md §3.1), all of them: the one place of these rules. */
export async function attemptLaunch(deps: Pick<Deps, 'config'>, db: Db, workspaceId: string, input: LaunchInput): Promise<Attempt> {
  const template = await knownTemplate(db, workspaceId, input.templateId)
  const refusals: Problem[] = []
  const passed = async <T>(check: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await check()
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      refusals.push(error)
      return undefined
    }
  }
  if (template.status !== 'APPROVED' || template.removed_at !== null)
    refusals.push(
      new Problem(
        'template-not-approved',
        `The template ${template.name} (${template.language}) is ${template.removed_at ? 'removed' : template.status}.`,
        { errors: [{ pointer: '/templateId', detail: 'is not an approved template.' }] },
      ),
    )
  const compiled = await passed(() => compileFor(deps, db, workspaceId, template, input))
  await passed(() => checkMedia(db, workspaceId, input))
  const audience = await passed(() => audienceFor(db, workspaceId, template, input))
  const sender = await senderOf(db, workspaceId, template.account_id, input.senderId)
  if (sender === undefined)
    refusals.push(
      new Problem(
        'sender-missing',
        input.senderId === null ? 'The template’s account has no default number.' : 'The template’s account has no such number.',
        {
          errors: [{ pointer: '/senderId', detail: input.senderId === null ? 'is needed.' : 'is no number of the template’s account.' }],
        },
      ),
    )
  return { refusals, template, compiled, audience, numberId: sender?.id }
}

async function audienceFor(db: Db, workspaceId: string, { category }: LaunchTemplate, input: LaunchInput): Promise<Audience> {
  const problems = await filterProblems(db, workspaceId, input.contactFilter)
  if (problems.length > 0) throw invalidInput(problems)
  if (isEmptyFilter(input.contactFilter)) throw filterEmpty('Add a condition, or say { "everyone": true } to mean all contacts.')
  const { require_marketing_opt_in, utility_through_opt_out, is_capped } = await workspaceRule(db, workspaceId)
  return {
    people: await compileFilter(db, workspaceId, input.contactFilter),
    rule: {
      workspaceId,
      category,
      requireMarketingOptIn: require_marketing_opt_in,
      utilityThroughOptOut: utility_through_opt_out,
      topicId: input.topicId,
      isCapped: is_capped,
      skipUsMarketing: true,
    },
  }
}

/** What a launch needs, as far as it is all there: whether it is refused or not. */
export const launchIn = ({ template, compiled, audience, numberId }: Attempt): Launch | undefined =>
  compiled && audience && numberId !== undefined ? { template, ...compiled, ...audience, numberId } : undefined

/** The launch, if nothing refuses it; throws the first refusal by name. */
export async function checkLaunch(deps: Pick<Deps, 'config'>, db: Db, workspaceId: string, input: LaunchInput): Promise<Launch> {
  const attempt = await attemptLaunch(deps, db, workspaceId, input)
  const launch = launchIn(attempt)
  const [refusal] = attempt.refusals
  if (refusal !== undefined) throw refusal
  if (launch === undefined) throw new Error('nothing refuses the launch, and a part of it is missing')
  return launch
}

export const nobodyEligible = () =>
  new Problem('empty-audience', 'Nobody the filter matches may be messaged.', {
    errors: [{ pointer: '/contactFilter', detail: 'matches nobody who may be messaged.' }],
  })

/** True when at least one contact of the filter may be messaged now. Stops at the first. */
export const hasEligible = async (db: Db, { people, rule }: Audience): Promise<boolean> =>
  (await maybeOne(db, sql`SELECT 1 FROM contact c WHERE ${people} AND ${skipReasonSql(rule)} IS NULL LIMIT 1`)) !== undefined

/** How many contacts of the filter may be messaged now; of two with the same number the freeze leaves one out. For requests (`contact_here`). */
export const countEligible = async (db: Db, workspaceId: string, { people, rule }: Launch): Promise<number> =>
  (
    await one<{ n: number }>(
      db,
      sql`SELECT count(*) AS n FROM contact_here c WHERE c.workspace_id = ${workspaceId} AND ${people} AND ${skipReasonSql(rule)} IS NULL`,
    )
  ).n

/** For requests (`contact_here`): how many contacts the filter matches, the estimate before launch. */
export const countMatched = async (db: Db, workspaceId: string, filter: ContactFilter): Promise<number> =>
  isEmptyFilter(filter)
    ? 0
    : meansEverybody(filter)
      ? countAll(db, workspaceId)
      : (await one<{ n: number }>(db, sql`SELECT count(*) AS n FROM contact_here c WHERE ${await compileFilter(db, workspaceId, filter)}`))
          .n
