import type { templates as english } from '../en/templates.ts'
import type { Translation } from '../text.ts'

export const templates: Translation<typeof english> = {
  'templates.none': 'لا قوالب بعد',
  'templates.noneMatch': 'لا يوجد قالب مطابق',
  'templates.search': 'البحث في القوالب بالاسم',
}
