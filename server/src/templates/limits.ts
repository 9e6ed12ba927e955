import { componentType, placeholders, type TemplateButton, type TemplateComponent } from './parameters.ts'

interface Draft {
  readonly name: string
  readonly language: string
  readonly category: string
  readonly components: readonly TemplateComponent[]
}
interface FieldProblem {
  readonly pointer: string
  readonly detail: string
}

const MAX: Readonly<Record<string, number>> = { QUICK_REPLY: 10, URL: 2, PHONE_NUMBER: 1, COPY_CODE: 1, VOICE_CALL: 1 }

/**
 * Meta's limits of a template, checked before it is submitted, so that a mistake does not cost a review: every one at once. Source:
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/components
 */
export function templateProblems(draft: Draft): FieldProblem[] {
  const problems: FieldProblem[] = []
  const add = (pointer: string, detail: string) => problems.push({ pointer, detail })
  if (!/^[a-z0-9_]{1,512}$/.test(draft.name)) add('/name', 'has 1 to 512 lower-case letters, digits and underscores.')
  if (!/^[a-z]{2,3}(_[A-Z]{2})?$/.test(draft.language)) add('/language', 'is not a language code such as en_US.')
  if (!draft.components.some((component) => componentType(component) === 'BODY') && draft.category !== 'AUTHENTICATION')
    add('/components', 'A template needs a BODY.')
  draft.components.forEach((component, i) => {
    const at = `/components/${i}`
    const text = component.text ?? ''
    switch (componentType(component)) {
      case 'HEADER':
        if ((component.format ?? 'TEXT').toUpperCase() !== 'TEXT') break
        if (text.length < 1 || text.length > 60) add(`${at}/text`, 'A header text has 1 to 60 characters.')
        if (placeholders(text).length > 1) add(`${at}/text`, 'A header has one variable at most.')
        break
      case 'BODY':
        if (draft.category !== 'AUTHENTICATION' && (text.trim().length < 1 || text.length > 1_024))
          add(`${at}/text`, 'A body has 1 to 1,024 characters.')
        if (/^\s*\{\{[^}]*\}\}/.test(text) || /\{\{[^}]*\}\}\s*$/.test(text))
          add(`${at}/text`, 'A body may not begin or end with a variable.')
        break
      case 'FOOTER':
        if (text.length > 60) add(`${at}/text`, 'A footer has 60 characters at most.')
        if (placeholders(text).length > 0) add(`${at}/text`, 'A footer has no variables.')
        break
      case 'BUTTONS':
        buttonProblems(component.buttons ?? [], at, add)
        break
    }
  })
  return problems
}

function buttonProblems(buttons: readonly TemplateButton[], at: string, add: (pointer: string, detail: string) => void): void {
  if (buttons.length < 1 || buttons.length > 10) add(`${at}/buttons`, 'There are 1 to 10 buttons.')
  for (const [type, max] of Object.entries(MAX))
    if (buttons.filter((button) => button.type === type).length > max) add(`${at}/buttons`, `At most ${max} of type ${type}.`)
  const isQuick = buttons.map((button) => button.type === 'QUICK_REPLY')
  const changes = isQuick.filter((quick, i) => i > 0 && quick !== isQuick[i - 1]).length
  if (changes > 1) add(`${at}/buttons`, 'Quick replies stand together, before or after the others.')
  buttons.forEach((button, i) => {
    if ((button.text ?? '').length > 25) add(`${at}/buttons/${i}/text`, 'A label has 25 characters at most.')
    const url = button.url ?? ''
    if (button.type === 'URL' && (url.length < 1 || url.length > 2_000))
      add(`${at}/buttons/${i}/url`, 'An address has 1 to 2,000 characters.')
    if (button.type === 'URL' && (placeholders(url).length > 1 || (placeholders(url).length === 1 && !/\{\{[^}]*\}\}$/.test(url))))
      add(`${at}/buttons/${i}/url`, 'One variable at most, at the very end.')
  })
}
