import { type Sql, sql } from '../platform/db.ts'
import { STOP_MARK, TOPIC_MARK } from '../templates/compile.ts'

/** What campaign `c` says about one of its quick replies; from 10 on an index counts cards by tens (templates/parameters.ts). */
const markSql = (button: Sql): Sql =>
  sql`c.variables->>CASE WHEN ${button} < 10 THEN 'button.' || ${button} ELSE 'card.' || ${button} / 10 - 1 || '.button.' || ${button} % 10 END`

/** Condition over campaign `c`: it lets this quick reply (its index; null: none) mean "stop", whatever it says. */
export const isMarkedSql = (button: Sql): Sql => sql`${markSql(button)} IN (${STOP_MARK}, ${TOPIC_MARK})`

/** What such a press stops: the topic of campaign `c`, or by NULL everything; also where a campaign marked the topic and has none. */
export const markedTopicSql = (button: Sql): Sql => sql`CASE WHEN ${markSql(button)} = ${TOPIC_MARK} THEN c.topic_id END`
