import { type Sql, sql } from '../platform/db.ts'

/** A field that variables may read, as text or NULL, over alias `c` of table contact. */
export function contactFieldSql(name: string): Sql {
  switch (name) {
    case 'firstName':
      return sql`c.first_name`
    case 'lastName':
      return sql`c.last_name`
    case 'name':
      return sql`nullif(concat_ws(' ', c.first_name, c.last_name), '')`
    case 'phone':
      return sql`c.phone_e164`
    case 'email':
      return sql`c.email`
    case 'language':
      return sql`c.language`
    default:
      if (!name.startsWith('attributes.')) throw new Error(`no contact field ${name}`)
      return sql`(c.attributes->>${name.slice('attributes.'.length)})`
  }
}
