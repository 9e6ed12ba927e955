import { NUMBER_ID, type SimTemplate, type SimWaba, WABA_ID } from './options.ts'

let next = 987650012345000
const template = (name: string, category: string, components: Record<string, unknown>[], more: Partial<SimTemplate> = {}): SimTemplate => ({
  id: String(next++),
  name,
  language: 'en_US',
  status: 'APPROVED',
  category,
  parameter_format: 'POSITIONAL',
  components,
  quality_score: { score: 'GREEN' },
  ...more,
})
const body = (text: string, example: string[] = []) => ({
  type: 'BODY',
  text,
  ...(example.length > 0 ? { example: { body_text: [example] } } : {}),
})
const footer = { type: 'FOOTER', text: 'Reply STOP to opt out' }

/** One account with a number and templates of many kinds, as a shop might have them. */
export function defaultWaba(trackedUrlBase: string): SimWaba {
  next = 987650012345000
  return {
    wabaId: WABA_ID,
    portfolioId: '506371120033991',
    name: 'Simulated Store',
    numbers: [
      {
        phoneNumberId: NUMBER_ID,
        displayPhoneNumber: '+1 555-004-7120',
        verifiedName: 'Simulated Store',
        throughput: 'STANDARD',
        messagingLimit: 'TIER_UNLIMITED',
        qualityRating: 'GREEN',
      },
    ],
    templates: [
      template('hello_world', 'UTILITY', [body('Welcome and congratulations! This message shows that everything works.')]),
      template('spring_collection', 'MARKETING', [
        { type: 'HEADER', format: 'TEXT', text: 'Spring is here' },
        body('Hi {{1}}, our new spring collection has arrived in {{2}}. Come and have a look.', ['Asha', 'Pune']),
        footer,
        {
          type: 'BUTTONS',
          buttons: [
            { type: 'URL', text: 'See the collection', url: `${trackedUrlBase}{{1}}`, example: [`${trackedUrlBase}abc`] },
            { type: 'QUICK_REPLY', text: 'Call me back' },
            { type: 'QUICK_REPLY', text: 'Stop promotions' },
          ],
        },
      ]),
      template('order_followup', 'UTILITY', [body('Hello {{first_name}}, how was your order {{order_id}}? We would love to hear.')], {
        parameter_format: 'NAMED',
      }),
      template('order_followup', 'UTILITY', [body('Olá {{first_name}}, como foi seu pedido {{order_id}}? Conte para nós.')], {
        parameter_format: 'NAMED',
        language: 'pt_BR',
      }),
      template('sale_banner', 'MARKETING', [
        { type: 'HEADER', format: 'IMAGE', example: { header_handle: ['https://example.com/sale.jpg'] } },
        body('Everything is {{1}} off until Sunday, {{2}}.', ['20%', 'Asha']),
        footer,
      ]),
      template('invoice', 'UTILITY', [{ type: 'HEADER', format: 'DOCUMENT' }, body('Your invoice for {{1}} is attached.', ['May'])]),
      template('coupon_last_call', 'MARKETING', [
        { type: 'HEADER', format: 'TEXT', text: 'Last days, {{1}}!', example: { header_text: ['Asha'] } },
        body('Your code is valid for {{1}} more days.', ['10']),
        {
          type: 'BUTTONS',
          buttons: [
            { type: 'COPY_CODE', example: ['MAY20'] },
            { type: 'URL', text: 'Shop', url: 'https://shop.example.com/' },
          ],
        },
      ]),
      template('login_code', 'AUTHENTICATION', [
        body('{{1}} is your verification code.', ['482913']),
        {
          type: 'BUTTONS',
          buttons: [{ type: 'URL', otp_type: 'COPY_CODE', text: 'Copy code', url: 'https://www.whatsapp.com/otp/code/?code={{1}}' }],
        },
      ]),
      template('teapots', 'MARKETING', [
        body('Our newest teapots:'),
        {
          type: 'CAROUSEL',
          cards: [{ components: [{ type: 'HEADER', format: 'IMAGE' }] }, { components: [{ type: 'HEADER', format: 'IMAGE' }] }],
        },
      ]),
      template('kettle_spotlight', 'MARKETING', [
        { type: 'HEADER', format: 'PRODUCT' },
        body('The kettle everybody asks for.'),
        { type: 'BUTTONS', buttons: [{ type: 'SPM', text: 'View' }] },
      ]),
      template('paused_offer', 'MARKETING', [body('An offer that people did not like.')], {
        status: 'PAUSED',
        quality_score: { score: 'RED' },
      }),
      template('rejected_offer', 'MARKETING', [body('An offer that was refused.')], { status: 'REJECTED', rejected_reason: 'PROMOTIONAL' }),
      template('pending_offer', 'MARKETING', [body('An offer under review.')], { status: 'PENDING' }),
    ],
  }
}
