/**
 * The languages written in a country, the commonest first, where it is known what most people there read. A country that is not here says
 * nothing about language, and its people get the campaign's own template.
 */
const WRITTEN: Readonly<Record<string, string>> = {
  ar: 'AE BH DZ EG IQ JO KW LB LY MA OM PS QA SA SD SY TN YE',
  az: 'AZ',
  bg: 'BG',
  bn: 'BD',
  cs: 'CZ',
  da: 'DK',
  de: 'AT DE LI',
  el: 'CY GR',
  en: 'AG AU BB BS BZ DM GB GD GH GM GY IE JM KE KN LC LR NG NZ SL TT UG US VC ZA ZM ZW',
  es: 'AR BO CL CO CR CU DO EC ES GQ GT HN MX NI PA PE PR PY SV UY VE',
  et: 'EE',
  fi: 'FI',
  fr: 'BF BJ CD CF CG CI FR GA GN MC ML NE SN TG',
  he: 'IL',
  hr: 'HR',
  hu: 'HU',
  id: 'ID',
  it: 'IT SM',
  ja: 'JP',
  ka: 'GE',
  ko: 'KR',
  lt: 'LT',
  lv: 'LV',
  ms: 'MY BN',
  nb: 'NO',
  nl: 'NL SR',
  pl: 'PL',
  pt: 'AO BR CV GW MZ PT ST',
  ro: 'MD RO',
  ru: 'BY RU',
  sk: 'SK',
  sl: 'SI',
  sq: 'AL XK',
  sv: 'SE',
  sw: 'TZ',
  th: 'TH',
  tr: 'TR',
  uk: 'UA',
  uz: 'UZ',
  vi: 'VN',
  zh: 'CN HK MO TW',
}

/** Country → language code with its country, `BR` → `pt_BR`: the exact template is looked for first, then any of the language. */
export const COUNTRY_LANGUAGES: ReadonlyMap<string, string> = new Map(
  Object.entries(WRITTEN).flatMap(([language, countries]) => countries.split(' ').map((country) => [country, `${language}_${country}`])),
)
