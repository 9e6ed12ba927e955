/** How words compare: case, punctuation and the space around them do not matter. */
export const fold = (text: string): string =>
  text
    .normalize('NFC')
    .trim()
    .toLocaleLowerCase('und')
    .replace(/[\p{P}\p{S}]+/gu, '')
    .replace(/\s+/g, ' ')
    .trim()

/** Words of one language, or of whatever else their label says. */
export interface WordList {
  readonly language: string
  readonly words: readonly string[]
}

/** The words of api.md §7, by language: every workspace has them and none can take one away. */
export const BUILT_IN: { readonly stop: readonly WordList[]; readonly start: readonly WordList[] } = {
  stop: [
    { language: 'en', words: ['stop', 'unsubscribe', 'cancel', 'end', 'quit', 'optout', 'opt out'] },
    { language: 'pt', words: ['parar', 'sair'] },
    { language: 'es', words: ['baja', 'salir', 'detener'] },
    { language: 'fr', words: ['arreter', 'arrêter', 'arrêt'] },
    { language: 'de', words: ['stopp', 'abmelden'] },
    { language: 'id', words: ['berhenti'] },
    { language: 'tr', words: ['dur'] },
    { language: 'ar', words: ['إيقاف', 'توقف'] },
    { language: 'hi', words: ['बंद', 'रोको'] },
  ],
  start: [{ language: 'en', words: ['start', 'subscribe', 'unstop'] }],
}

/** What a workspace added to the built-in words, folded. */
export interface OwnWords {
  readonly stop: ReadonlySet<string>
  readonly start: ReadonlySet<string>
}
export const foldLists = (lists: readonly WordList[]): ReadonlySet<string> => new Set(lists.flatMap(({ words }) => words.map(fold)))
export const BUILT_IN_WORDS: OwnWords = { stop: foldLists(BUILT_IN.stop), start: foldLists(BUILT_IN.start) }
const NO_WORDS: OwnWords = { stop: new Set(), start: new Set() }
/** The text of Meta's own sample stop button. */
const STOP_BUTTON = fold('Stop promotions')

/** Longer texts are not read as a word, however they are padded. Own words may be longer than the built-in ones. */
const BUILT_IN_LENGTH_MAX = 40
const OWN_LENGTH_MAX = 80

const isOneOf = (text: string, builtIn: ReadonlySet<string>, own: ReadonlySet<string>): boolean =>
  (text.length <= BUILT_IN_LENGTH_MAX && builtIn.has(fold(text))) || (own.size > 0 && text.length <= OWN_LENGTH_MAX && own.has(fold(text)))

/** The whole text, punctuation and case ignored, is a word that stops: never a word inside a sentence (api.md §7). */
export const isStopWord = (text: string, own: OwnWords = NO_WORDS): boolean => isOneOf(text, BUILT_IN_WORDS.stop, own.stop)
export const isStartWord = (text: string, own: OwnWords = NO_WORDS): boolean => isOneOf(text, BUILT_IN_WORDS.start, own.start)
export const isStopButton = (text: string, own: OwnWords = NO_WORDS): boolean => isStopWord(text, own) || fold(text) === STOP_BUTTON
