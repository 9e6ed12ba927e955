import { readFileSync } from 'node:fs'
import type { TemplateButton, TemplateComponent } from './parameters.ts'
import type { HeaderMedia } from './render.ts'

/** One template of every kind that campaigns can send, with a campaign's values for it. */
export interface GoldenCase {
  readonly name: string
  readonly category: 'MARKETING' | 'UTILITY' | 'AUTHENTICATION'
  readonly parameterFormat: 'POSITIONAL' | 'NAMED'
  readonly components: readonly TemplateComponent[]
  readonly variables: Readonly<Record<string, string>>
  readonly headerMedia: HeaderMedia | null
}

/** Whom every golden message goes to. */
export const GOLDEN_PERSON = { phone: '+919876500011', firstName: 'Asha', attributes: { city: 'Pune' } }

/** @param trackedBase where tracked links begin @param mediaId of an upload */
export function goldenCases(trackedBase: string, mediaId: string): GoldenCase[] {
  const made = (
    name: string,
    components: TemplateComponent[],
    more: Partial<Omit<GoldenCase, 'name' | 'components'>> = {},
  ): GoldenCase => ({
    name,
    category: 'MARKETING',
    parameterFormat: 'POSITIONAL',
    components,
    variables: {},
    headerMedia: null,
    ...more,
  })
  const text = { type: 'BODY', text: 'Our shop has news.' }
  const media = (format: string) => [{ type: 'HEADER', format }, text]
  const buttons = (...list: TemplateButton[]) => [text, { type: 'BUTTONS', buttons: list }]
  const card = (slug: string) => ({
    components: [
      { type: 'HEADER', format: 'IMAGE' },
      { type: 'BODY', text: 'Now {{1}} off.' },
      {
        type: 'BUTTONS',
        buttons: [
          { type: 'QUICK_REPLY', text: 'Tell me more' },
          { type: 'URL', text: 'Look', url: `https://shop.example.com/${slug}/{{1}}` },
        ],
      },
    ],
  })
  return [
    made('text_only', [text]),
    made('text_header', [{ type: 'HEADER', format: 'TEXT', text: 'Last days, {{1}}!' }, text], {
      variables: { 'header.1': '{{ contact.firstName }}' },
    }),
    made('image_header_link', media('IMAGE'), { headerMedia: { link: 'https://media.example.com/sale.jpg' } }),
    made('image_header_id', media('IMAGE'), { headerMedia: { mediaId } }),
    made('video_header', media('VIDEO'), { headerMedia: { link: 'https://media.example.com/sale.mp4' } }),
    made('document_header', media('DOCUMENT'), { headerMedia: { mediaId, fileName: 'invoice-118.pdf' } }),
    made('location_header', media('LOCATION'), {
      variables: {
        'header.latitude': '12.97',
        'header.longitude': '77.59',
        'header.name': 'Store of {{ contact.attributes.city }}',
        'header.address': 'MG Road',
      },
    }),
    made('positional_body', [{ type: 'BODY', text: 'The {{2}} off is for you, {{1}}, only.' }], {
      variables: { 'body.1': '{{ contact.firstName }}', 'body.2': '20%' },
    }),
    made('named_body', [{ type: 'BODY', text: 'Hello {{first_name}}, our shop in {{city}} has {{discount}} off.' }], {
      parameterFormat: 'NAMED',
      variables: { 'body.discount': '20%' },
    }),
    made('quick_reply', buttons({ type: 'QUICK_REPLY', text: 'Yes' }, { type: 'QUICK_REPLY', text: 'No' })),
    made('url_static', buttons({ type: 'URL', text: 'Shop', url: 'https://shop.example.com/' })),
    made(
      'url_suffix',
      buttons({ type: 'URL', text: 'Shop', url: 'https://shop.example.com/{{1}}', example: ['https://shop.example.com/x'] }),
      {
        variables: { 'button.0': 'tea pots/{{ contact.attributes.city }}' },
      },
    ),
    made('url_tracked', buttons({ type: 'URL', text: 'Shop', url: `${trackedBase}{{1}}`, example: [`${trackedBase}x`] }), {
      variables: { 'button.0': 'https://shop.example.com/spring' },
    }),
    made('phone', buttons({ type: 'PHONE_NUMBER', text: 'Call us', phone_number: '+15550047121' })),
    made('copy_code', buttons({ type: 'COPY_CODE', example: ['MAY20'] }), { variables: { 'button.0': 'MAY20' } }),
    made('flow', buttons({ type: 'FLOW', text: 'Book', flow_id: '1122334455' })),
    made('catalog', buttons({ type: 'CATALOG', text: 'View catalog' })),
    made(
      'limited_time_offer',
      [
        { type: 'LIMITED_TIME_OFFER', limited_time_offer: { text: 'Ends soon', has_expiration: true } },
        { type: 'BODY', text: 'Take it now, {{1}}, while it lasts.' },
        {
          type: 'BUTTONS',
          buttons: [
            { type: 'COPY_CODE', example: ['MAY20'] },
            { type: 'URL', text: 'Shop', url: 'https://shop.example.com/' },
          ],
        },
      ],
      { variables: { 'offer.expiresAt': '2040-05-31T20:00:00+05:30', 'body.1': '{{ contact.firstName }}', 'button.0': 'MAY20' } },
    ),
    made(
      'carousel',
      [
        { type: 'BODY', text: 'New for {{1}} today:' },
        { type: 'CAROUSEL', cards: [card('teapots'), card('cups')] },
      ],
      {
        variables: {
          'body.1': '{{ contact.firstName }}',
          'card.0.header': 'https://media.example.com/teapot.jpg',
          'card.0.body.1': '10%',
          'card.0.button.1': 'blue',
          'card.1.header': mediaId,
          'card.1.body.1': '15%',
          'card.1.button.1': '{{ contact.attributes.city }}',
        },
      },
    ),
    made(
      'authentication',
      [
        { type: 'BODY', text: '*{{1}}* is your verification code.' },
        { type: 'FOOTER', text: 'This code expires in 10 minutes.' },
        {
          type: 'BUTTONS',
          buttons: [{ type: 'URL', otp_type: 'COPY_CODE', text: 'Copy code', url: 'https://www.whatsapp.com/otp/code/?code={{1}}' }],
        },
      ],
      { category: 'AUTHENTICATION', variables: { 'body.1': '482913' } },
    ),
  ]
}

/** Exactly what is sent for a case, with `masked` in place of what differs from one run to the next. */
export const goldenOf = ({ name }: GoldenCase): unknown => JSON.parse(readFileSync(new URL(`golden/${name}.json`, import.meta.url), 'utf8'))

/** A request body with its return addresses, tracked tokens and media ids masked. @param trackedBase as of the cases */
export function masked(body: unknown, { components }: GoldenCase, trackedBase: string): unknown {
  const tracked = components.some(({ buttons = [] }) => buttons.some(({ url = '' }) => url.startsWith(trackedBase)))
  return JSON.parse(JSON.stringify(body), (key, value: unknown) => {
    if (['biz_opaque_callback_data', 'payload', 'flow_token'].includes(key) && typeof value === 'string' && value !== '')
      return '<return address>'
    if (key === 'id' && typeof value === 'string' && value !== '') return '<media id>'
    if (key === 'text' && tracked && typeof value === 'string' && /^[\w-]{44}$/.test(value)) return '<token>'
    return value
  })
}
