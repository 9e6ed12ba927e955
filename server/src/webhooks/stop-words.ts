const fold = (text: string): string =>
  text
    .normalize('NFC')
    .trim()
    .toLocaleLowerCase('und')
    .replace(/[\p{P}\p{S}]+/gu, '')
    .replace(/\s+/g, ' ')
    .trim()

const STOP = new Set(
  [
    'stop',
    'unsubscribe',
    'cancel',
    'end',
    'quit',
    'optout',
    'opt out',
    'opt-out',
    'parar',
    'sair',
    'baja',
    'salir',
    'detener',
    'arreter',
    'arrêter',
    'arrêt',
    'stopp',
    'abmelden',
    'berhenti',
    'dur',
    'إيقاف',
    'توقف',
    'बंद',
    'रोको',
  ].map(fold),
)
const START = new Set(['start', 'subscribe', 'unstop'].map(fold))
/** The text of Meta's own sample stop button. */
const STOP_BUTTON = fold('Stop promotions')

/** The whole text, punctuation and case ignored, is a word that stops: never a word inside a sentence (api.md §7). */
export const isStopWord = (text: string): boolean => text.length <= 40 && STOP.has(fold(text))
export const isStartWord = (text: string): boolean => text.length <= 40 && START.has(fold(text))
export const isStopButton = (text: string): boolean => isStopWord(text) || fold(text) === STOP_BUTTON
