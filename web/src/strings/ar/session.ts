import type { session as english } from '../en/session.ts'
import type { Translation } from '../text.ts'

export const session: Translation<typeof english> = {
  'account.apiPage': 'صفحة API',
  'account.menu': 'حساب {name}',
  'account.signOut': 'تسجيل الخروج',

  'appearance.hint': 'لهذا المتصفح فقط.',
  'appearance.language': 'اللغة',
  'appearance.scheme': 'الألوان',

  'setup.done': 'تم إعداد Fanfare',
  'setup.doneHint': 'حساب المالك موجود بالفعل، وقد أدى هذا العنوان غرضه.',
  'setup.hint': 'ستصبح المالك، ويمكن دعوة الآخرين لاحقًا.',
  'setup.name': 'اسمك',
  'setup.noToken': 'ينقص هذا العنوان رمزه: افتح العنوان الكامل الذي طبعه الخادم عند بدئه الأول.',
  'setup.passwordHint': '12 حرفًا على الأقل؛ والجملة خيار جيد.',
  'setup.submit': 'إنشاء الحساب',
  'setup.timeZone': 'المنطقة الزمنية',
  'setup.timeZoneHint': 'بها تُعرض الأوقات وتُجدول الحملات.',
  'setup.title': 'مرحبًا بك في Fanfare',
  'setup.waiting': 'أوشكنا على الانتهاء',
  'setup.waitingHint': 'لا مالك لهذا التثبيت بعد. افتح عنوان الإعداد الذي طبعه الخادم عند بدئه؛ فهو يعمل مرة واحدة.',
  'setup.workspaceHint': 'جهات الاتصال والقوالب والحملات لنشاط واحد.',
  'setup.workspaceName': 'مساحة العمل',

  'signIn.code': 'الرمز',
  'signIn.codeHint': 'الأرقام الستة التي يعرضها تطبيق المصادقة الآن.',
  'signIn.codeTitle': 'العامل الثاني',
  'signIn.email': 'البريد الإلكتروني',
  'signIn.otherAccount': 'الدخول بحساب آخر',
  'signIn.password': 'كلمة المرور',
  'signIn.submit': 'تسجيل الدخول',
  'signIn.title': 'تسجيل الدخول',
  'signIn.wrong': 'البريد الإلكتروني وكلمة المرور غير متطابقين.',
  'signIn.wrongCode': 'هذا الرمز غير صحيح أو انتهت صلاحيته.',

  'workspace.current': 'الحالية',
  'workspace.goTo': 'إلى مساحة العمل {name}',
  'workspace.none': 'لا توجد مساحة عمل كهذه',
  'workspace.noneYet': 'لا ينتمي {email} إلى أي مساحة عمل بعد. اطلب دعوة من أحد المالكين.',
  'workspace.notYours': 'هذا العنوان لمساحة عمل ليس {email} عضوًا فيها. هذه مساحاتك:',
  'workspace.switch': 'مساحة العمل {name}: تبديل',
  'workspace.yours': 'مساحات العمل',
}
