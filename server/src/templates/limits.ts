import { componentType, isOneTimeCode, placeholders, type TemplateButton, type TemplateComponent } from './parameters.ts'

interface Draft {
  readonly name: string
  readonly language: string
  readonly category: string
  /** `POSITIONAL` or `NAMED`; absent: whichever the texts use. */
  readonly parameterFormat?: string
  readonly components: readonly TemplateComponent[]
}
interface FieldProblem {
  readonly pointer: string
  readonly detail: string
}
type Add = (pointer: string, detail: string) => void

const MAX: Readonly<Record<string, number>> = { QUICK_REPLY: 10, URL: 2, PHONE_NUMBER: 1, COPY_CODE: 1, VOICE_CALL: 1 }
const FORMATS = ['TEXT', 'IMAGE', 'VIDEO', 'GIF', 'DOCUMENT', 'LOCATION', 'PRODUCT']
/** Meta writes the label of these itself. */
const FIXED_LABEL = ['COPY_CODE', 'OTP', 'CATALOG', 'MPM', 'SPM', 'REQUEST_CONTACT_INFO', 'CALL_PERMISSION_REQUEST']

/**
 * Meta's limits of a template (reference §7.3), checked before it is submitted, so that a mistake does not cost a review: every one at once.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/components
 */
export function templateProblems(draft: Draft): FieldProblem[] {
  const problems: FieldProblem[] = []
  const add: Add = (pointer, detail) => problems.push({ pointer, detail })
  if (!/^[a-z0-9_]{1,512}$/.test(draft.name)) add('/name', 'has 1 to 512 lower-case letters, digits and underscores.')
  if (!/^[a-z]{2,3}(_[A-Z]{2})?$/.test(draft.language)) add('/language', 'is not a language code such as en_US.')
  const types = draft.components.map(componentType)
  if (!types.includes('BODY') && draft.category !== 'AUTHENTICATION') add('/components', 'A template needs a BODY.')
  for (const type of new Set(types)) if (types.filter((other) => other === type).length > 1) add('/components', `At most one ${type}.`)
  draft.components.forEach((component, i) => {
    componentProblems(draft, component, `/components/${i}`, add)
  })
  return problems
}

function componentProblems(draft: Draft, component: TemplateComponent, at: string, add: Add): void {
  const text = component.text ?? ''
  switch (componentType(component)) {
    case 'HEADER': {
      const format = (component.format ?? 'TEXT').toUpperCase()
      if (!FORMATS.includes(format)) add(`${at}/format`, `is none of ${FORMATS.join(', ')}.`)
      if (format !== 'TEXT') break
      if (text.length < 1 || text.length > 60) add(`${at}/text`, 'A header text has 1 to 60 characters.')
      if (placeholders(text).length > 1) add(`${at}/text`, 'A header has one variable at most.')
      placeProblems(draft, text, at, add)
      break
    }
    case 'BODY':
      if (draft.category === 'AUTHENTICATION') break // Meta writes it
      if (text.trim().length < 1 || text.length > 1_024) add(`${at}/text`, 'A body has 1 to 1,024 characters.')
      if (/^\s*\{\{[^}]*\}\}/.test(text) || /\{\{[^}]*\}\}\s*$/.test(text))
        add(`${at}/text`, 'A body may not begin or end with a variable.')
      placeProblems(draft, text, at, add)
      break
    case 'FOOTER':
      if (text.length > 60) add(`${at}/text`, 'A footer has 60 characters at most.')
      if (placeholders(text).length > 0) add(`${at}/text`, 'A footer has no variables.')
      break
    case 'LIMITED_TIME_OFFER':
      offerProblems(draft, component, at, add)
      break
    case 'CAROUSEL':
      carouselProblems(draft, component, at, add)
      break
    case 'BUTTONS':
      buttonProblems(draft, component.buttons ?? [], at, add)
      break
  }
}

/** Numbers from {{1}} on, or names: the two are never mixed (reference §3.3). */
function placeProblems(draft: Draft, text: string, at: string, add: Add): void {
  const names = placeholders(text)
  const numbers = names.filter((name) => /^\d+$/.test(name))
  const isNamed = draft.parameterFormat?.toUpperCase() === 'NAMED' || (draft.parameterFormat === undefined && numbers.length === 0)
  if (isNamed && numbers.length > 0) add(`${at}/text`, 'Variables with names and with numbers cannot be mixed.')
  if (isNamed && names.some((name) => !/^[a-z0-9_]+$/.test(name)))
    add(`${at}/text`, 'A variable’s name has lower-case letters, digits and underscores.')
  if (!isNamed && names.some((name) => !/^\d+$/.test(name))) add(`${at}/text`, 'Variables with names need the parameter format NAMED.')
  if (!isNamed && numbers.some((_, i) => !numbers.includes(String(i + 1))))
    add(`${at}/text`, 'Variables are numbered {{1}}, {{2}} … without a gap.')
}

/** Reference §3.5. */
function offerProblems(draft: Draft, component: TemplateComponent, at: string, add: Add): void {
  const text = component.limited_time_offer?.text
  if (draft.category !== 'MARKETING') add(at, 'Only a MARKETING template has a limited-time offer.')
  if (draft.components.some((other) => componentType(other) === 'FOOTER')) add(at, 'A limited-time offer goes without a footer.')
  if (typeof text !== 'string' || text.length < 1 || text.length > 16)
    add(`${at}/limited_time_offer/text`, 'The text of an offer has 1 to 16 characters.')
}

/** 2 to 10 cards, all built alike, each with media or a product (reference §3.6). */
function carouselProblems(draft: Draft, { cards = [] }: TemplateComponent, at: string, add: Add): void {
  if (cards.length < 2 || cards.length > 10) add(`${at}/cards`, 'A carousel has 2 to 10 cards.')
  const shape = (components: readonly TemplateComponent[] = []) =>
    components
      .map((part) => [componentType(part), (part.format ?? '').toUpperCase(), ...(part.buttons ?? []).map(({ type }) => type)].join(' '))
      .join(', ')
  cards.forEach(({ components = [] }, n) => {
    const here = `${at}/cards/${n}`
    if (shape(components) !== shape(cards[0]?.components)) add(here, 'All cards have the same components and buttons.')
    const header = components.find((part) => componentType(part) === 'HEADER')
    if (!['IMAGE', 'VIDEO', 'PRODUCT'].includes((header?.format ?? '').toUpperCase()))
      add(here, 'A card has an image, a video or a product as its header.')
    components.forEach((part, i) => {
      if (['BODY', 'BUTTONS'].includes(componentType(part))) componentProblems(draft, part, `${here}/components/${i}`, add)
    })
  })
}

function buttonProblems(draft: Draft, buttons: readonly TemplateButton[], at: string, add: Add): void {
  if (buttons.length < 1 || buttons.length > 10) add(`${at}/buttons`, 'There are 1 to 10 buttons.')
  for (const [type, max] of Object.entries(MAX))
    if (buttons.filter((button) => button.type === type).length > max) add(`${at}/buttons`, `At most ${max} of type ${type}.`)
  const isQuick = buttons.map((button) => button.type === 'QUICK_REPLY')
  const changes = isQuick.filter((quick, i) => i > 0 && quick !== isQuick[i - 1]).length
  if (changes > 1) add(`${at}/buttons`, 'Quick replies stand together, before or after the others.')
  buttons.forEach((button, i) => {
    const here = `${at}/buttons/${i}`
    const label = button.text ?? ''
    if (label.length > 25) add(`${here}/text`, 'A label has 25 characters at most.')
    if (label.trim() === '' && !FIXED_LABEL.includes(button.type) && !isOneTimeCode(button)) add(`${here}/text`, 'A button needs a label.')
    if (isOneTimeCode(button) && draft.category !== 'AUTHENTICATION')
      add(here, 'Only an AUTHENTICATION template has a button for a one-time code.')
    else if (button.type === 'URL' && !isOneTimeCode(button)) urlProblems(button, here, add)
    if (button.type === 'PHONE_NUMBER' && !/^\+?[\d ()-]{1,20}$/.test(String(button.phone_number ?? '').slice(0, 21)))
      add(`${here}/phone_number`, 'A phone number has 1 to 20 characters.')
    if (button.type === 'COPY_CODE' && !/^[A-Za-z0-9]{1,15}$/.test(exampleOf(button)))
      add(`${here}/example`, 'The example of a code has 1 to 15 letters and digits.')
  })
}

const exampleOf = ({ example }: TemplateButton): string => String((Array.isArray(example) ? example[0] : example) ?? '')

function urlProblems(button: TemplateButton, at: string, add: Add): void {
  const url = button.url ?? ''
  const names = placeholders(url)
  if (url.length < 1 || url.length > 2_000) add(`${at}/url`, 'An address has 1 to 2,000 characters.')
  if (names.length > 1 || (names.length === 1 && !/\{\{[^}]*\}\}$/.test(url))) add(`${at}/url`, 'One variable at most, at the very end.')
  if (names.length > 0 && exampleOf(button) === '') add(`${at}/example`, 'An address with a variable needs an example.')
}
