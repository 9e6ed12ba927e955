import type { Simulator } from '@fanfare/simulator'
import { type Api, until } from '../api.ts'
import { campaignOf, completed, templateId } from '../world.ts'

/** What the demo's stories are told with. `say` writes one line for whoever waits. */
export interface Stage {
  readonly api: Api
  readonly simulator: Simulator
  say(line: string): void
}

/** How people behave in the running campaign of the demo. */
export const PEOPLE = {
  deliver: 0.97,
  read: 0.72,
  failed: [
    { code: 131026, share: 0.012 },
    { code: 131049, share: 0.008 },
  ],
  tap: [
    { buttonIndex: 1, share: 0.12 },
    { buttonIndex: 2, share: 0.02 },
  ],
  openLink: 0.1,
  replyShare: 0.03,
  stopShare: 0.004,
  timeScale: 1,
}
const SPRING = {
  'body.1': "{{ contact.firstName | default: 'there' }}",
  'body.2': "{{ contact.attributes.City | default: 'your city' }}",
  'button.0': 'https://example.com/spring?from=whatsapp',
}
const ORDER = { 'body.first_name': "{{ contact.firstName | default: 'there' }}", 'body.order_id': '{{ contact.phone | slice: -5, 5 }}' }

/** What messages of the shop are about, who wants only some of them, and how people here say stop. */
async function consents(api: Api): Promise<void> {
  const topics = [
    ['Offers', 'Prices, sales and vouchers'],
    ['News', 'New collections and openings'],
    ['Orders', 'Questions about what somebody bought'],
  ]
  const made: string[] = []
  for (const [name, description] of topics) made.push((await api.call<{ id: string }>('POST', '/Topic', { name, description })).id)
  const { items: people } = await api.call<{ items: { id: string }[] }>('POST', '/Contact/getall', {
    contactFilter: { tags: ['New'] },
    pageSize: 5,
  })
  for (const [i, { id }] of people.entries())
    await api.call('POST', `/Contact/${id}/opt-out`, { source: 'Phone call', note: 'Wants only the orders', topicId: made[i % 2] })
  const { items: workspaces } = await api.call<{ items: { id: string }[] }>('GET', '/Workspace')
  await api.call('PUT', `/Workspace/${workspaces[0]?.id}/words`, {
    stop: [
      { language: 'es', words: ['basta', 'no más'] },
      { language: 'de', words: ['genug'] },
    ],
    start: [{ language: 'es', words: ['alta'] }],
  })
}

/** What a shop has before its first campaign: a team, topics, a segment, suppressed numbers, prices, an import with faults. */
async function prepare({ api }: Stage): Promise<void> {
  await api.call('POST', '/RateCard/sample')
  const { items: roles } = await api.call<{ items: { id: string; name: string }[] }>('GET', '/Role')
  await api.call('POST', '/Role', { name: 'Reports', permissions: ['WhatsappCampaign:View', 'WhatsappTemplate:View'] })
  for (const [email, role] of [
    ['nila.menon@example.com', 'Marketer'],
    ['omar.haddad@example.com', 'Approver'],
  ])
    await api.call('POST', '/Invitation', { email, roleId: roles.find(({ name }) => name === role)?.id })
  await api.call('POST', '/WebhookEndpoint', {
    url: 'https://hooks.example.com/fanfare',
    description: 'The shop’s order system, once it listens',
    events: ['campaign.completed', 'contact.opted_out', 'message.failed'],
    isEnabled: false, // the demo calls nobody
  })
  await api.call('POST', '/Segment', {
    name: 'VIPs in Berlin and Nairobi',
    description: 'For the invitations to the shops',
    contactFilter: {
      where: {
        and: [
          { tags: ['VIP'] },
          {
            or: [{ attribute: { key: 'City', op: 'eq', value: 'Berlin' } }, { attribute: { key: 'City', op: 'eq', value: 'Nairobi' } }],
          },
        ],
      },
    },
  })
  await api.call('POST', '/Experiment', {
    name: 'Plain or personal greeting',
    contactFilter: { tags: ['Returning'] },
    variants: [
      { templateId: await templateId(api, 'hello_world') },
      { templateId: await templateId(api, 'order_followup'), variables: ORDER },
    ],
    testShare: 0.2,
    holdOutShare: 0.05,
    decide: { by: 'read', afterMinutes: 240, certainty: 0.95 },
  })
  const evening = new Date(Math.ceil(Date.now() / 86_400_000) * 86_400_000 + 17.5 * 3_600_000).toISOString() // tomorrow
  await api.call('POST', '/Recurrence', {
    name: 'Thursday greeting',
    rule: 'FREQ=WEEKLY;BYDAY=TH',
    startsAt: evening,
    timeZone: 'Asia/Kolkata',
    campaign: { templateId: await templateId(api, 'hello_world'), contactFilter: { tags: ['VIP'] } },
  })
  await consents(api)
  for (const [phone, reason] of [
    ['+919800000003', 'Asked the shop by telephone'],
    ['+14155550132', 'Wrong number'],
  ])
    await api.call('POST', '/Suppression', { phone, reason })
  const form = new FormData()
  const rows = [
    'Phone,First name,City,Tags',
    '+919811100001,Ada,Pune,Pilot',
    '12,Bo,Pune,Pilot',
    '+919811100001,Ada,Pune,Pilot',
    ',Cy,,Pilot',
  ]
  form.set('file', new Blob([rows.join('\n')], { type: 'text/csv' }), 'pilot-group.csv')
  const { importId } = (await (await api.raw('POST', '/Contact/import', { body: form })).json()) as { importId: string }
  await until(
    'the import with faults',
    () => api.call<{ status: string }>('GET', `/Contact/import/${importId}`),
    ({ status }) => status === 'Completed',
  )
}

interface Plan {
  readonly name: string
  readonly template: string
  readonly contactFilter: Record<string, unknown>
  readonly variables?: Record<string, string>
  readonly headerMedia?: Record<string, string>
  readonly ratePerSecond?: number
}
async function draft({ api }: Stage, { template, ...plan }: Plan): Promise<string> {
  const { id } = await api.call<{ id: string }>('POST', '/WhatsappCampaign', { ...plan, templateId: await templateId(api, template) })
  return id
}
async function run(stage: Stage, plan: Plan): Promise<string> {
  const id = await draft(stage, plan)
  await stage.api.call('POST', `/WhatsappCampaign/${id}/quick-run`)
  return id
}
/** Waits until a third of a running campaign is on its way, so that what comes next falls into its middle. */
const underWay = ({ api }: Stage, id: string) =>
  until(
    'a third of the messages',
    () => campaignOf(api, id),
    ({ counts }) => counts.audience > 0 && counts.pending < counts.audience * 0.67,
  )

/** Every campaign of the demo but the one that runs: one of each status, with what happens to campaigns in life. */
export async function tellStories(stage: Stage): Promise<void> {
  const { api, simulator, say } = stage
  await prepare(stage)
  simulator.setPerson({ ...PEOPLE, timeScale: 0.05 })

  say('A welcome to everybody new, all of it delivered …')
  await completed(api, await run(stage, { name: 'Welcome, new here', template: 'hello_world', contactFilter: { tags: ['New'] } }))

  say('A question after an order: connections break, so a few stay Unconfirmed …')
  simulator.setFaults([{ match: { template: 'order_followup', every: 40 }, when: 'before-accept', action: { kind: 'reset' }, times: 7 }])
  const contactFilter = { tags: ['Returning'] }
  await completed(api, await run(stage, { name: 'How was your order?', template: 'order_followup', contactFilter, variables: ORDER }))
  simulator.setFaults([])

  say('A preview for VIPs, then once more to those who did not read it …')
  simulator.setPerson({ ...PEOPLE, read: 0.45, timeScale: 0.05 })
  const vip = await run(stage, {
    name: 'Spring preview for VIPs',
    template: 'spring_collection',
    contactFilter: { tags: ['VIP'] },
    variables: SPRING,
  })
  await completed(api, vip)
  await simulator.idle()
  simulator.setPerson({ ...PEOPLE, timeScale: 0.05 })
  const { id: again } = await api.call<{ id: string }>('POST', `/WhatsappCampaign/${vip}/resend`, { outcome: 'NotRead' })
  await api.call('POST', `/WhatsappCampaign/${again}/quick-run`).catch(ignoreStarted)
  await completed(api, again)

  say('One cancelled, one paused, one held because its template lost its quality, one that reached nobody …')
  const coupon = { template: 'coupon_last_call', contactFilter: { tags: ['Newsletter'] }, ratePerSecond: 200 }
  const couponTexts = { 'header.1': "{{ contact.firstName | default: 'friend' }}", 'body.1': '3', 'button.0': 'MAY20' }
  const cancelled = await run(stage, { name: 'Last call: MAY20', ...coupon, variables: couponTexts })
  await underWay(stage, cancelled)
  await api.call('POST', `/WhatsappCampaign/${cancelled}/cancel`)
  const paused = await run(stage, { name: 'Newsletter: what is new', ...coupon, template: 'hello_world' })
  await underWay(stage, paused)
  await api.call('POST', `/WhatsappCampaign/${paused}/pause`)
  const held = await run(stage, {
    name: 'Weekend sale',
    template: 'sale_banner',
    contactFilter: { tags: ['Returning', 'New'] },
    variables: { 'body.1': '20%', 'body.2': "{{ contact.firstName | default: 'friend' }}" },
    headerMedia: { link: 'https://example.com/sale.jpg' },
    ratePerSecond: 200,
  })
  await underWay(stage, held)
  simulator.changeTemplate('sale_banner', 'en_US', { status: 'PAUSED', quality: 'RED' })
  await missed(stage)

  const inDays = (days: number, hour: number) => {
    const at = new Date(Date.now() + days * 86_400_000)
    at.setUTCHours(hour, 0, 0, 0)
    return at.toISOString()
  }
  for (const [name, days] of [
    ['Summer preview', 2],
    ['Summer preview: last day', 9],
  ] as const) {
    const id = await draft(stage, {
      name,
      template: 'spring_collection',
      contactFilter: { tags: ['VIP', 'Newsletter'] },
      variables: SPRING,
    })
    await api.call('POST', `/WhatsappCampaign/${id}/schedule`, { scheduledAt: inDays(days, 9) })
  }
  await draft(stage, {
    name: 'Monsoon sale',
    template: 'spring_collection',
    contactFilter: { tags: ['Newsletter'], tagsMatch: 'all' },
    variables: SPRING,
  })
  await simulator.idle()
  simulator.setPerson(PEOPLE)
}

/** Scheduled for a group of one who opts out before its time: it fails, and says why. */
async function missed({ api }: Stage): Promise<void> {
  const { items } = await api.call<{ items: { id: string }[] }>('POST', '/Contact/getall', { contactFilter: { tags: ['Pilot'] } })
  const { id } = await api.call<{ id: string }>('POST', '/WhatsappCampaign', {
    name: 'Pilot group',
    templateId: await templateId(api, 'hello_world'),
    contactFilter: { tags: ['Pilot'] },
    scheduledAt: new Date(Date.now() + 1_500).toISOString(),
  })
  for (const contact of items) await api.call('DELETE', `/Contact/${contact.id}`)
  await until(
    'the campaign without people',
    () => campaignOf(api, id),
    ({ status }) => status === 'Failed',
  )
}

/** A resend may be on its way already. */
function ignoreStarted(error: { status?: number }): void {
  if (error.status !== 409) throw error
}

/** The campaign that runs while the visitor looks around. */
export const runSpring = (stage: Stage, ratePerSecond: number | undefined): Promise<string> =>
  run(stage, {
    name: `Spring collection ${new Date().toISOString().slice(0, 16).replace('T', ' ')}`,
    template: 'spring_collection',
    contactFilter: { everyone: true },
    variables: SPRING,
    ...(ratePerSecond === undefined ? {} : { ratePerSecond }),
  })
