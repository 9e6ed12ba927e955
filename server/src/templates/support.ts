import { componentType, headerFormat, isOneTimeCode, placeholders, type TemplateComponent } from './parameters.ts'

/** Buttons that bring nothing of their own at send time. */
const STATIC_BUTTONS = ['PHONE_NUMBER', 'VOICE_CALL', 'CATALOG', 'REQUEST_CONTACT_INFO', 'CALL_PERMISSION_REQUEST', 'APP']
const BUTTONS = new Set([...STATIC_BUTTONS, 'QUICK_REPLY', 'URL', 'COPY_CODE', 'OTP', 'FLOW'])
const HEADERS = new Set(['', 'TEXT', 'IMAGE', 'VIDEO', 'DOCUMENT', 'LOCATION'])
const COMPONENTS = new Set(['HEADER', 'BODY', 'FOOTER', 'BUTTONS', 'LIMITED_TIME_OFFER', 'CAROUSEL', 'CALL_PERMISSION_REQUEST'])

/** What stops a template from being sent by us, in plain words; undefined when nothing does. */
export function unsupportedReason(components: readonly TemplateComponent[]): string | undefined {
  const code = components.flatMap(({ buttons = [] }) => buttons).find(isOneTimeCode)
  const body = components.find((component) => componentType(component) === 'BODY')
  if (code !== undefined && placeholders(body?.text ?? '').length !== 1) return 'The body has no place for the one-time code of its button.'
  for (const component of components) {
    const reason = componentReason(component)
    if (reason !== undefined) return reason
  }
  return undefined
}

function componentReason(component: TemplateComponent): string | undefined {
  const type = componentType(component)
  if (!COMPONENTS.has(type)) return `A component of type ${type} is not known here.`
  if (type === 'HEADER' && !HEADERS.has(headerFormat([component])))
    return `A ${headerFormat([component]).toLowerCase()} header cannot be sent by campaigns.`
  if (type === 'CAROUSEL') return carouselReason(component)
  const unknown = type === 'BUTTONS' ? component.buttons?.find((button) => !BUTTONS.has(button.type)) : undefined
  return unknown && `A button of type ${unknown.type} cannot be sent by campaigns.`
}

/** A carousel has 2 to 10 cards, all built alike, each with an image or a video (reference §3.6). */
function carouselReason({ cards = [] }: TemplateComponent): string | undefined {
  if (cards.length < 2 || cards.length > 10) return 'A carousel has 2 to 10 cards.'
  for (const { components } of cards) {
    const other = components.find((component) => !['HEADER', 'BODY', 'BUTTONS'].includes(componentType(component)))
    if (other !== undefined) return `A card cannot have a component of type ${componentType(other)}.`
    const format = headerFormat(components)
    if (!['IMAGE', 'VIDEO'].includes(format))
      return 'Carousels of products cannot be sent by campaigns, only those with an image or a video on each card.'
    const button = components
      .flatMap(({ buttons = [] }) => buttons)
      .find(({ type }) => !['QUICK_REPLY', 'URL', 'PHONE_NUMBER'].includes(type))
    if (button !== undefined) return `A card with a button of type ${button.type} cannot be sent by campaigns.`
  }
  return undefined
}
