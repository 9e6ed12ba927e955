import type { preview as english } from '../en/preview.ts'
import type { Translation } from '../text.ts'

export const preview: Translation<typeof english> = {
  'media.DOCUMENT': 'مستند',
  'media.GIF': 'صورة متحركة',
  'media.IMAGE': 'صورة',
  'media.LOCATION': 'موقع',
  'media.PRODUCT': 'منتج',
  'media.VIDEO': 'فيديو',

  'preview.button': 'زر',
  'preview.cards': 'البطاقات',
  'preview.chat': 'المحادثة',
  'preview.copyCode': 'نسخ الرمز',
  'preview.fewer': 'عرض أقل',
  'preview.next': 'الشخص التالي',
  'preview.previous': 'الشخص السابق',
  'preview.seeAll': 'عرض كل الخيارات',
  'preview.title': 'معاينة',
  'preview.toDark': 'عرض على هاتف داكن',
  'preview.toLight': 'عرض على هاتف فاتح',
}
