import { type Sql, sql } from '../platform/db.ts'
import { STOP_MARK, TOPIC_MARK } from '../templates/compile.ts'

/** Condition over campaign `c`: it lets this quick reply (its index; null: none) mean "stop", whatever it says. */
export const isMarkedSql = (button: Sql): Sql => sql`c.variables->>('button.' || ${button}) IN (${STOP_MARK}, ${TOPIC_MARK})`

/** What such a press stops: the topic of campaign `c`, or by NULL everything; also where a campaign marked the topic and has none. */
export const markedTopicSql = (button: Sql): Sql =>
  sql`CASE WHEN c.variables->>('button.' || ${button}) = ${TOPIC_MARK} THEN c.topic_id END`
