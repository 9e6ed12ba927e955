/** What headers may carry, and how large: image, video, document (reference §8). */
const LIMITS: readonly (readonly [kind: string, RegExp, megabytes: number])[] = [
  ['image', /^image\/(jpeg|png)$/, 5],
  ['video', /^video\/(mp4|3gpp)$/, 16],
  ['document', /^(application\/(pdf|msword|vnd\.[\w.+-]+)|text\/plain)$/, 100],
]
export const MB = 1_048_576

/** What a type is and its limit in MB; undefined: no header carries it. @param type in lower case, without parameters */
export function mediaLimit(type: string): { readonly kind: string; readonly megabytes: number } | undefined {
  const found = LIMITS.find(([, pattern]) => pattern.test(type))
  return found && { kind: found[0], megabytes: found[2] }
}
