/**
 * Text of a CSV file whatever program wrote it: UTF-8 or UTF-16 by its mark, else UTF-8 until a byte says otherwise, from there on
 * Windows-1252 (what "Latin-1" files really are). NUL characters, which cannot be stored, are dropped.
 */
export async function* decodeText(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let decode: ((bytes: Buffer, isLast: boolean) => string) | undefined
  let held: Buffer = Buffer.alloc(0)
  for await (const chunk of chunks) {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk])
    if (decode === undefined && held.length < 4) continue
    decode ??= decoderFor(held)
    yield decode(held, false).replaceAll('\0', '')
    held = Buffer.alloc(0)
  }
  decode ??= decoderFor(held)
  const rest = decode(held, true).replaceAll('\0', '')
  if (rest !== '') yield rest
}

function decoderFor(start: Buffer): (bytes: Buffer, isLast: boolean) => string {
  const mark = start.subarray(0, 2).toString('hex')
  if (mark === 'fffe' || mark === 'feff') {
    const decoder = new TextDecoder(mark === 'fffe' ? 'utf-16le' : 'utf-16be')
    return (bytes, isLast) => decoder.decode(bytes, { stream: !isLast })
  }
  let pending: Buffer = Buffer.alloc(0)
  let isFirst = true
  let fallback: TextDecoder | undefined
  return (bytes, isLast) => {
    if (fallback !== undefined) return fallback.decode(bytes, { stream: !isLast })
    const all = pending.length === 0 ? bytes : Buffer.concat([pending, bytes])
    const end = isLast ? all.length : all.length - incompleteTail(all)
    try {
      const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(all.subarray(0, end))
      pending = all.subarray(end)
      const shown = isFirst ? text.replace(/^\uFEFF/, '') : text
      isFirst = false
      return shown
    } catch {
      fallback = new TextDecoder('windows-1252')
      return fallback.decode(all, { stream: !isLast })
    }
  }
}

/** Bytes at the end that begin a UTF-8 character and do not finish it. */
function incompleteTail(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0
    if ((byte & 0b1100_0000) === 0b1000_0000) continue
    const length = byte >= 0b1111_0000 ? 4 : byte >= 0b1110_0000 ? 3 : byte >= 0b1100_0000 ? 2 : 1
    return length > back ? back : 0
  }
  return 0
}

const withoutQuoted = (text: string): string => text.replace(/"(?:[^"]|"")*"/g, '')

/** The delimiter of a file by its first line: whichever of comma, semicolon and tab stands there most, outside quotes. */
export function guessDelimiter(firstLine: string): ',' | ';' | '\t' {
  const bare = withoutQuoted(firstLine).split('\r', 1)[0] ?? ''
  const count = (mark: string) => bare.split(mark).length - 1
  return ([',', ';', '\t'] as const).reduce((best, mark) => (count(mark) > count(best) ? mark : best))
}

/** What ends a line, by the text before the first `\n`: old Mac files have `\r` alone. */
export const guessNewline = (firstLine: string): '\n' | '\r' => (/\r./s.test(withoutQuoted(firstLine)) ? '\r' : '\n')
