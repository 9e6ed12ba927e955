import { trackedPrefixes } from '../platform/config.ts'
import { type Deps, invalidInput } from '../platform/http.ts'
import { compileMessage } from './compile.ts'
import { fieldsOfContact } from './queries.ts'
import type { TemplatePreviewInput, TemplateRow } from './schema.ts'

/** The message as one contact, or the template's examples, would see it; nothing is stored. */
export async function previewTemplate(
  { pool, config }: Pick<Deps, 'pool' | 'config'>,
  workspaceId: string,
  row: TemplateRow,
  input: TemplatePreviewInput,
) {
  const examples = Object.fromEntries(
    row.parameters.filter(({ type }) => type !== 'media').map(({ key, example }) => [key, example ?? 'example']),
  )
  const compiled = compileMessage({
    name: row.name,
    language: row.language,
    parameterFormat: row.parameter_format,
    components: row.components,
    variables: { ...(input.contactId === undefined ? examples : {}), ...input.variables },
    headerMedia: input.headerMedia,
    trackedPrefixes: trackedPrefixes(config),
  })
  if (!compiled.ok)
    throw invalidInput(
      compiled.problems.map(({ key, detail }) => ({ pointer: key === 'headerMedia' ? '/headerMedia' : `/variables/${key}`, detail })),
    )
  const names = compiled.message.fieldNames
  const fields = input.contactId === undefined ? names.map(() => null) : await fieldsOfContact(pool, workspaceId, input.contactId, names)
  if (fields === undefined) throw invalidInput([{ pointer: '/contactId', detail: 'There is no such contact.' }])
  const rendered = compiled.message.render(fields, { quickReplyPayload: () => 'preview', linkToken: () => 'preview' })
  if (!rendered.ok) return { text: null, reason: `${rendered.reason}: ${rendered.key}`, template: null }
  return { text: rendered.text, reason: null, template: rendered.template }
}
