import { type DestinationStream, pino } from 'pino'

export type Logger = ReturnType<typeof createLogger>

/** Runs of 7 to 15 digits, with or without a plus: phone numbers, in urls and sentences alike. */
const PHONE = /\+?\b\d{7,15}\b/g

/** Keeps the first four and the last two digits: `+9198•••11`. */
export const maskPhone = (text: string): string => text.replace(PHONE, (digits) => `${digits.slice(0, 5)}•••${digits.slice(-2)}`)

/** JSON lines on standard output. Credentials never reach it: their fields are removed by name, wherever they stand. */
export const createLogger = (level: string, destination?: DestinationStream) =>
  pino(
    {
      level,
      base: null,
      redact: {
        paths: [
          'accessToken',
          'appSecret',
          'authorization',
          'password',
          'key',
          'token',
          'headers',
          '*.accessToken',
          '*.appSecret',
          '*.authorization',
          '*.password',
          '*.headers',
        ],
        remove: true,
      },
      serializers: {
        err: (error: Error & { code?: string; cause?: unknown }) => ({
          type: error?.name,
          message: maskPhone(String(error?.message ?? error)),
          code: error?.code,
          stack: typeof error?.stack === 'string' ? maskPhone(error.stack) : undefined,
          cause: error?.cause instanceof Error ? maskPhone(error.cause.message) : undefined,
        }),
      },
    },
    destination ?? pino.destination(1),
  )
