// Before the first paint: colour scheme, language and direction as last chosen, so that nothing flashes. A file of its own, because the
// content security policy allows no inline script.
;(() => {
  const stored = (key) => {
    try {
      return localStorage.getItem(key)
    } catch {
      return null // storage may be forbidden; the defaults do
    }
  }
  const scheme = stored('fanfare.scheme') ?? 'auto'
  const isDark = scheme === 'dark' || (scheme === 'auto' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.setAttribute('data-mantine-color-scheme', isDark ? 'dark' : 'light')
  const language = stored('fanfare.language') ?? (navigator.language.startsWith('ar') ? 'ar' : 'en')
  document.documentElement.lang = language
  document.documentElement.dir = language === 'ar' ? 'rtl' : 'ltr'
})()
