import type { workspace as english } from '../en/workspace.ts'
import type { Translation } from '../text.ts'

export const workspace: Translation<typeof english> = {
  'workspace.approvalRequired': 'الحملات تحتاج شخصًا ثانيًا',
  'workspace.approvalRequiredHint': 'يجب أن يوافق شخص غير من أطلقها قبل إرسال أي شيء.',
  'workspace.capDays': 'أيام',
  'workspace.capMessages': 'رسائل كحد أقصى',
  'workspace.defaultCountry': 'بلد الأرقام بلا رمز',
  'workspace.defaultCountryHint': 'حرفان مثل IN أو DE، وبدونه تُرفض هذه الأرقام.',
  'workspace.frequencyCap': 'حدّ لعدد رسائل التسويق للشخص',
  'workspace.frequencyCapHint': 'من استلم هذا العدد مؤخرًا يُستبعد من الحملة ويُعدّ متروكًا.',
  'workspace.quietHours': 'ساعات الهدوء للتسويق',
  'workspace.quietHoursHint': 'لا يُراسل أحد فيها بساعته هو؛ وللحملة أن تكون لها ساعاتها.',
  'workspace.hint': 'ما يسري على الجميع وعلى كل حملة هنا',
  'workspace.name': 'الاسم',
  'workspace.readOnly': 'يمكنك رؤية هذه الإعدادات، وتغييرها يتطلب الإذن Workspace:Edit.',
  'workspace.requireMarketingOptIn': 'التسويق بموافقة مسجلة فقط',
  'workspace.requireMarketingOptInHint': 'من لم يوافق لا تصله قوالب التسويق.',
  'workspace.save': 'حفظ',
  'workspace.saved': 'تغيّرت مساحة العمل',
  'workspace.timeZone': 'المنطقة الزمنية',
  'workspace.timeZoneHint': 'تُعرض الأوقات بها وتُكتب الجداول بها.',
  'workspace.utilityThroughOptOut': 'رسائل الخدمة رغم إلغاء الاشتراك',
  'workspace.utilityThroughOptOutHint': 'تصل الطلبات والمواعيد لمن ألغى اشتراك التسويق. أما الأرقام المحظورة فلا يصلها شيء.',
}
