// The Postman collection (format 2.1) of the API, made from its OpenAPI document: a folder for each tag, a request for each operation.
import { type Document, keyOperations, type Operation, type Schema } from './openapi.ts'

/** Ids that requests use: a variable for each noun. The first two are to be set, the others as they are needed. */
const IDS: Readonly<Record<string, string>> = {
  WhatsappCampaign: 'campaignId',
  Contact: 'contactId',
  'Contact/import': 'importId',
  Segment: 'segmentId',
  Suppression: 'suppressionId',
  WhatsappAccount: 'accountId',
  PhoneNumber: 'numberId',
  WhatsappTemplate: 'templateId',
  ApiKey: 'apiKeyId',
  Role: 'roleId',
  User: 'userId',
  Invitation: 'invitationId',
  Workspace: 'workspaceId',
  WebhookEndpoint: 'webhookEndpointId',
  RateCard: 'rateCardId',
  Topic: 'topicId',
  Recurrence: 'recurrenceId',
  Experiment: 'experimentId',
}
const COMPONENTS = [{ type: 'BODY', text: 'Your order is on its way.' }]
const CARD = {
  name: 'Sample',
  currency: 'USD',
  effectiveFrom: '2026-10-01',
  rates: [{ country: 'IN', category: 'MARKETING', amount: '0.0107' }],
}
const ENDPOINT = { url: 'https://hooks.example.com/fanfare', events: ['campaign.completed'] }
const PLAN = { templateId: '{{templateId}}', contactFilter: { tags: ['VIP'] } }
const CONTACT = { phone: '+919876500011', firstName: 'Asha', tags: ['VIP'], attributes: { City: 'Pune' } }
const SEGMENT = { name: 'VIP in Pune', contactFilter: { tags: ['VIP'], attributes: [{ key: 'City', op: 'eq', value: 'Pune' }] } }

const RECURRENCE = {
  name: 'Weekly offer',
  rule: 'FREQ=WEEKLY;BYDAY=MO,TH',
  startsAt: '2099-01-05T09:00:00Z',
  timeZone: 'Asia/Kolkata',
  campaign: PLAN,
}
const EXPERIMENT = {
  name: 'Which words',
  contactFilter: { tags: ['VIP'] },
  variants: [{ templateId: '{{templateId}}' }, { templateId: '{{templateId}}' }],
  decide: { by: 'click', afterMinutes: 240 },
}

/** Bodies that say more than the smallest one that fits its schema. */
const BODIES: Readonly<Record<string, unknown>> = {
  createCampaign: { name: 'May Promo', ...PLAN },
  updateCampaign: { name: 'May Promo', ...PLAN },
  previewCampaign: PLAN,
  preflightInput: PLAN,
  listExcluded: { ...PLAN, reason: 'opted_out' },
  scheduleCampaign: { scheduledAt: '2099-12-24T09:00:00Z' },
  testSendCampaign: { phones: ['+919876500011'] },
  listCampaigns: { pageNumber: 1, pageSize: 10, sortBy: 'createddate desc' },
  createContact: CONTACT,
  updateContact: CONTACT,
  changeTags: { contactFilter: { tags: ['VIP'] }, add: ['Diwali'] },
  deleteContacts: { contactFilter: { tags: ['Nobody has this'] }, confirmCount: 0 },
  optOutContact: { source: 'phone call' },
  optInContact: { source: 'form on paper' },
  createRecurrence: RECURRENCE,
  updateRecurrence: RECURRENCE,
  previewRecurrence: { rule: RECURRENCE.rule, startsAt: RECURRENCE.startsAt, timeZone: RECURRENCE.timeZone },
  createExperiment: EXPERIMENT,
  updateExperiment: EXPERIMENT,
  createSegment: SEGMENT,
  updateSegment: SEGMENT,
  previewSegment: { contactFilter: SEGMENT.contactFilter },
  createSuppression: { phone: '+919876500012' },
  createSuppressions: { entries: [{ phone: '+919876500013' }, { phone: '+919876500014' }] },
  createInvitation: { email: 'somebody@example.com', roleId: '{{roleId}}' },
  syncTemplates: { accountId: '{{accountId}}' },
  createTemplate: { accountId: '{{accountId}}', name: 'order_sent', language: 'en_US', category: 'UTILITY', components: COMPONENTS },
  checkTemplate: { name: 'order_sent', language: 'en_US', category: 'UTILITY', components: COMPONENTS },
  updateTemplate: { components: COMPONENTS },
  createRateCard: CARD,
  updateRateCard: CARD,
  createWebhookEndpoint: ENDPOINT,
  updateWebhookEndpoint: ENDPOINT,
}

/** The smallest value that fits a schema, as far as the document tells. */
function sampleOf(document: Document, schema: Schema): unknown {
  if (schema.$ref !== undefined) return sampleOf(document, document.components.schemas[schema.$ref.split('/').at(-1) ?? ''] ?? {})
  if (schema.const !== undefined) return schema.const
  if (schema.enum !== undefined) return schema.enum[0]
  const [first] = schema.anyOf ?? schema.oneOf ?? schema.allOf ?? []
  if (first !== undefined) return sampleOf(document, first)
  const type = typeof schema.type === 'string' ? schema.type : schema.type?.[0]
  if (type === 'object')
    return Object.fromEntries((schema.required ?? []).map((name) => [name, sampleOf(document, schema.properties?.[name] ?? {})]))
  if (type === 'array') return schema.items === undefined ? [] : [sampleOf(document, schema.items)]
  if (type === 'integer' || type === 'number') return schema.minimum ?? 1
  if (type === 'boolean') return true
  if (schema.format === 'uuid') return '01890a5d-ac96-774b-bcce-b302099a8057'
  if (schema.format === 'email') return 'somebody@example.com'
  if (schema.format === 'uri') return 'https://example.com/'
  if (schema.format === 'date-time') return '2099-12-24T09:00:00Z'
  return '123456'
}

function bodyOf(document: Document, operation: Operation & { readonly operationId: string }) {
  const content = operation.requestBody?.content ?? {}
  const json = content['application/json']?.schema
  if (json !== undefined) {
    const example = BODIES[operation.operationId] ?? sampleOf(document, json)
    return { mode: 'raw', raw: JSON.stringify(example, null, 2), options: { raw: { language: 'json' } } }
  }
  const form = content['multipart/form-data']?.schema
  if (form === undefined) return undefined
  const isFile = ({ format, type }: Schema) => format === 'binary' || type === undefined
  return {
    mode: 'formdata',
    formdata: Object.entries(form.properties ?? {}).map(([key, field]) =>
      isFile(field) ? { key, type: 'file', src: [] } : { key, type: 'text', value: '', disabled: !form.required?.includes(key) },
    ),
  }
}

function requestOf(document: Document, { path, method, operation }: ReturnType<typeof keyOperations>[number]) {
  const below = path.replace('/api/v1/', '')
  const noun = below.slice(0, below.indexOf('/{id}'))
  const parameters = operation.parameters ?? []
  const query = parameters.filter((parameter) => parameter.in === 'query')
  const variables = parameters.filter((parameter) => parameter.in === 'path')
  const body = bodyOf(document, operation)
  const segments = path.slice(1).replaceAll(/\{(\w+)\}/g, ':$1')
  return {
    method,
    description: `Operation \`${operation.operationId}\`. Needs ${(operation['x-permission'] ?? []).map((name) => `\`${name}\``).join(', ') || 'any credential'}.`,
    header: body?.mode === 'raw' ? [{ key: 'Content-Type', value: 'application/json' }] : [],
    url: {
      raw: `{{baseUrl}}/${segments}`,
      host: ['{{baseUrl}}'],
      path: segments.split('/'),
      ...(query.length > 0 ? { query: query.map(({ name }) => ({ key: name, value: '', disabled: true })) } : {}),
      ...(variables.length > 0
        ? { variable: variables.map(({ name }) => ({ key: name, value: `{{${name === 'id' ? (IDS[noun] ?? 'id') : name}}}` })) }
        : {}),
    },
    ...(body === undefined ? {} : { body }),
  }
}

/** The collection as text, the same for the same document. */
export function postmanCollection(document: Document): string {
  const folders = Map.groupBy(keyOperations(document), ({ operation }) => operation.tags?.[0] ?? 'Other')
  const collection = {
    info: {
      name: 'Fanfare',
      description:
        'Made by `npm run -w web client` from the OpenAPI document. Set `baseUrl` and `apiKey`; ids are variables of their noun.',
      schema: 'https://schema.getpostman.com/json/collection/v2.1.0/collection.json',
    },
    auth: { type: 'bearer', bearer: [{ key: 'token', value: '{{apiKey}}', type: 'string' }] },
    variable: [
      { key: 'baseUrl', value: 'http://127.0.0.1:3000' },
      { key: 'apiKey', value: '' },
      ...Object.values(IDS).map((key) => ({ key, value: '' })),
    ],
    item: [...folders].map(([name, operations]) => ({
      name,
      item: operations.map((one) => ({ name: one.operation.summary ?? one.operation.operationId, request: requestOf(document, one) })),
    })),
  }
  return `${JSON.stringify(collection, null, 2)}\n`
}
