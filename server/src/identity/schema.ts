import { z } from '@hono/zod-openapi'
import { PASSWORD_LENGTH } from './password.ts'

export const PersonName = z.string().trim().min(1).max(200)
export const Password = z.string().min(PASSWORD_LENGTH.min).max(PASSWORD_LENGTH.max)
export const Email = z.email().max(254)
