import { createContext, type ReactNode, use, useEffect, useMemo, useState } from 'react'
import { en } from './en.ts'
import { type Arguments, fill, type Text, type Translation } from './text.ts'

export type Catalogue = typeof en
export type Key = keyof Catalogue
/** Keys of texts without places: what may be named in data, such as the label of an area. */
export type PlainKey = { [K in Key]: Arguments<Catalogue[K]> extends [] ? K : never }[Key]
export const LANGUAGES = { en: 'English', ar: 'العربية' } as const
export type Language = keyof typeof LANGUAGES
/**
 * For Intl: the region of it that the browser names, since 25 Nov and Nov 25, or 1,00,000 and 100,000, are both English.
 * Digits stay Latin in Arabic too: phone numbers, codes and counts are read side by side.
 */
function localeOf(language: Language): string {
  const own = navigator.languages.find((tag) => tag.split('-')[0] === language) ?? language
  return new Intl.Locale(own, { numberingSystem: 'latn' }).toString()
}
const STORED = 'fanfare.language'

export interface Strings {
  readonly language: Language
  /** For Intl. */
  readonly locale: string
  readonly dir: 'ltr' | 'rtl'
  /** The text of a key, its places filled: `t('campaigns.matched', { count: 3 })`. */
  t<K extends Key>(key: K, ...values: Arguments<Catalogue[K]>): string
  /** The text of a key made from a value of the API, or the value itself when the catalogue does not know it. */
  named(prefix: string, value: string): string
  /** The text of a key made from names of the API, its places filled; nothing when the catalogue does not know it. */
  say(key: string, values: Readonly<Record<string, string | number>>): string | undefined
  choose(language: Language): void
}

const Context = createContext<Strings | undefined>(undefined)

/** The language a person chose, else the browser's, else English. */
export function storedLanguage(): Language {
  const stored = localStorage.getItem(STORED)
  if (stored !== null && stored in LANGUAGES) return stored as Language
  return navigator.language.startsWith('ar') ? 'ar' : 'en'
}

async function load(language: Language): Promise<Translation<Catalogue>> {
  if (language === 'en') return en
  const { ar, failures } = await import('./ar.ts')
  return { ...ar, ...failures }
}

/** Provides the strings; English is part of the first page, another language comes when it is chosen. */
export function LanguageProvider({ children }: { readonly children: ReactNode }) {
  const [language, setLanguage] = useState(storedLanguage)
  const [loaded, setLoaded] = useState<{ readonly language: Language; readonly catalogue: Translation<Catalogue> }>()
  useEffect(() => {
    let isCurrent = true
    void load(language).then((catalogue) => isCurrent && setLoaded({ language, catalogue }))
    return () => {
      isCurrent = false
    }
  }, [language])
  const strings = useMemo(() => loaded && make(loaded.language, loaded.catalogue, setLanguage), [loaded])
  useEffect(() => {
    if (strings === undefined) return
    document.documentElement.lang = strings.language
    document.documentElement.dir = strings.dir
  }, [strings])
  return strings && <Context value={strings}>{children}</Context>
}

function make(language: Language, catalogue: Translation<Catalogue>, set: (language: Language) => void): Strings {
  const texts = catalogue as Record<string, Text | undefined>
  const locale = localeOf(language)
  return {
    language,
    locale,
    dir: language === 'ar' ? 'rtl' : 'ltr',
    t: (key, ...[values]) => fill(catalogue[key], locale, values),
    named: (prefix, value) => {
      const text = texts[`${prefix}.${value}`]
      return text === undefined ? value : fill(text, locale)
    },
    say: (key, values) => (texts[key] === undefined ? undefined : fill(texts[key], locale, values)),
    choose(chosen) {
      localStorage.setItem(STORED, chosen)
      set(chosen)
    },
  }
}

export function useStrings(): Strings {
  const strings = use(Context)
  if (strings === undefined) throw new Error('useStrings outside LanguageProvider')
  return strings
}
