import { newId } from '../../../server/src/platform/ids.ts'
import { stretches, together, withoutIndexes } from './bulk.ts'
import type { Stand } from './stand.ts'

/** Contacts and past campaigns written by SQL as the product would have left them: `campaign_mismatches` finds no difference. */

const STRETCH = 250_000
/** Larger campaigns are not compared row by row: it takes minutes. */
const COMPARED_MAX = 1_000_000
const SMALL_CAMPAIGNS = 300
const SMALL_RECIPIENTS = 20
/** Tag of those who get a message inside the history. */
export const LIFE_TAG = 'Life'

const idOf = (kind: string, n: string) => `('${kind}-0000-7000-8000-' || lpad(to_hex(${n}), 12, '0'))::uuid`
const digitsOf = (n: string) => `'91' || (7000000000 + ${n})`

/**
 * Contacts 1 … count as an import and earlier receipts leave them: names, tags, an attribute, and the ids that Meta tells.
 * @param tagged how many of them, spread evenly, carry LIFE_TAG
 */
export async function writeContacts({ database, client, workspaceId }: Stand, count: number, tagged: number): Promise<void> {
  const every = Math.max(1, Math.floor(count / Math.max(1, tagged)))
  await withoutIndexes(database.url, client, ['contact'], () =>
    together(
      database.url,
      stretches(count, STRETCH).map(
        ({ from, to }) =>
          (on) =>
            on.query(
              `INSERT INTO contact (workspace_id, id, phone_e164, user_id, wa_id, send_key, key_hash, first_name, last_name, language, country, tags, attributes,
                                    marketing_opt_in, created_at, updated_at)
               SELECT $1, ${idOf('01930000', 'n')}, '+' || digits, 'IN.' || digits, digits, digits, decode(md5(digits), 'hex'),
                      ($2::text[])[1 + n % 16] || ($3::text[])[1 + n / 16 % 4], initcap(($3::text[])[1 + n / 64 % 16] || ($3::text[])[1 + n / 1024 % 16] || ($3::text[])[1 + n / 16384 % 16]),
                      (ARRAY['en', 'hi', 'en_GB'])[1 + n % 3], 'IN',
                      CASE WHEN n % $6 = 0 AND n / $6 <= $7 THEN ARRAY[(ARRAY['VIP', 'Returning', 'New', 'Newsletter'])[1 + n % 4], 'G' || n % 100, $8]
                           ELSE ARRAY[(ARRAY['VIP', 'Returning', 'New', 'Newsletter'])[1 + n % 4], 'G' || n % 100] END,
                      jsonb_build_object('City', (ARRAY['Pune', 'Mumbai', 'Delhi', 'Chennai', 'Kochi'])[1 + n % 5]), n % 3 > 0, now() - interval '200 days', now() - interval '3 days'
                 FROM (SELECT n, ${digitsOf('n')} AS digits FROM generate_series($4::int, $5::int) AS n) AS counted`,
              [workspaceId, FIRST, SYLLABLES, from, to, every, tagged, LIFE_TAG],
            ),
      ),
    ),
  )
  await client.query('VACUUM (FREEZE, ANALYZE) contact')
}
const FIRST = 'Ash,Rah,Priy,Joa,Luc,Om,Fatim,Wei,Sar,Tom,Neh,Arj,Leil,Kwam,Mei,Iv'.split(',')
const SYLLABLES = 'an,ika,esh,ul,ra,ver,ma,na,ir,con,sil,gup,ta,men,ben,da'.split(',')

/** What became of the n-th recipient: most read it, some only got it, a few of every other end. */
const STATE = `(CASE WHEN seq * 7919::bigint % 1000 < 30 THEN 3 WHEN seq * 7919::bigint % 1000 < 40 THEN 5 WHEN seq * 7919::bigint % 1000 < 60 THEN 7
  WHEN seq * 7919::bigint % 1000 < 61 THEN 2 WHEN seq * 7919::bigint % 1000 < 120 THEN 6 WHEN seq * 7919::bigint % 1000 < 420 THEN 8 ELSE 9 END)`

/** A large campaign to contacts 1 … recipients, and some hundred small ones of the last 90 days. @returns the large one's id */
export async function writeHistory(stand: Stand, recipients: number): Promise<string> {
  const { database, client, workspaceId } = stand
  const large = newId()
  await insertCampaign(stand, [large], recipients, 3)
  const small = Array.from({ length: Math.min(SMALL_CAMPAIGNS, recipients) }, () => newId())
  await insertCampaign(stand, small, Math.min(SMALL_RECIPIENTS, recipients), 90)
  const parts = [
    ...stretches(recipients, STRETCH).map((stretch) => ({ ids: [large], ...stretch })),
    { ids: small, from: 1, to: Math.min(SMALL_RECIPIENTS, recipients) },
  ]
  await withoutIndexes(database.url, client, ['recipient', 'message', 'button_click', 'button_presser', 'reply'], () =>
    together(
      database.url,
      parts.map(({ ids, from, to }) => async (on) => {
        for (const statement of [RECIPIENTS, MESSAGES, PRESSES, PRESSERS, REPLIES, ACTS])
          await on.query(statement, [workspaceId, ids, from, to])
      }),
    ),
  )
  await client.query('VACUUM (FREEZE, ANALYZE) recipient, message, button_click, button_presser, reply, recipient_act')
  await together(
    database.url,
    [SLICES, COUNTERS, FAILURES, COUNTRIES, CHARGES, BUTTONS, MINUTES].map((statement) => (on) => on.query(statement, [workspaceId])),
  )
  await client.query('VACUUM ANALYZE')
  await client.query('CHECKPOINT')
  if (recipients > COMPARED_MAX) return large // written by the same statements as the smaller ones
  const { rows } = await client.query('SELECT * FROM campaign_mismatches($1, $2)', [workspaceId, large])
  if (rows.length > 0) throw new Error(`the history does not add up: ${JSON.stringify(rows.slice(0, 5))}`)
  return large
}

/** Completed campaigns, spread over so many days. */
const insertCampaign = ({ client, workspaceId, numberIds }: Stand, ids: readonly string[], audience: number, days: number) =>
  client.query(
    `INSERT INTO campaign (workspace_id, id, name, status, template_id, contact_filter, created_by_name, created_by_type, created_at, started_at, frozen_at, completed_at,
                           frozen_template, number_id, account_id, audience, receipts_due)
     SELECT $1, u.id, 'Earlier campaign ' || u.n, 'Completed', t.id, '{"everyone":true}', 'bench', 'system', at, at, at, at + interval '4 hours',
            jsonb_build_object('name', t.name, 'language', t.language, 'category', t.category, 'parameterFormat', t.parameter_format, 'components', t.components),
            $4, t.account_id, $3, false
       FROM unnest($2::uuid[]) WITH ORDINALITY AS u (id, n) CROSS JOIN LATERAL (SELECT now() - $5 * interval '1 day' * u.n / cardinality($2::uuid[]) AS at) AS k
       JOIN template t ON t.workspace_id = $1 AND t.name = 'hello_world'`,
    [workspaceId, ids, audience, numberIds[0], days],
  )

// $1 workspace, $2 campaigns, $3 … $4 sequence numbers
const SEQUENCES = `campaign c CROSS JOIN generate_series($3::int, $4::int) AS seq WHERE c.workspace_id = $1 AND c.id = ANY($2::uuid[])`
const RECIPIENTS = `INSERT INTO recipient (workspace_id, campaign_id, seq, contact_id, send_key, address)
  SELECT $1, c.id, seq, ${idOf('01930000', 'seq')}, CASE WHEN ${STATE} <> 3 THEN ${digitsOf('seq')} END, CASE WHEN ${STATE} <> 3 THEN '+' || ${digitsOf('seq')} END
    FROM ${SEQUENCES}`
const MESSAGES = `INSERT INTO message (workspace_id, campaign_id, seq, state, attempt, tries, skip_reason, error_code, error_title, is_retryable, wamid,
    intended_at, accepted_at, sent_at, delivered_at, read_at, failed_at, settled_at, pricing_category, pricing_type, pricing_state, pricing_at)
  SELECT $1, id, seq, state, CASE WHEN state = 3 THEN 0 ELSE 1 END, CASE WHEN state = 3 THEN 0 ELSE 1 END, CASE WHEN state = 3 THEN 'opted_out' END,
         CASE state WHEN 5 THEN 131026 WHEN 7 THEN 131049 END, CASE state WHEN 5 THEN 'Message undeliverable' WHEN 7 THEN 'Limited by Meta' END,
         CASE WHEN state IN (5, 7) THEN false END, CASE WHEN state >= 6 THEN 'wamid.HBgMOTE3' || md5(seq::text) || 'AA==' END,
         CASE WHEN state <> 3 THEN at END, CASE WHEN state >= 6 THEN at + interval '0.1 s' END, CASE WHEN state >= 6 THEN at + interval '1 s' END,
         CASE WHEN state >= 8 THEN at + interval '2 s' END, CASE WHEN state = 9 THEN at + (60 + seq * 13::bigint % 7200) * interval '1 s' END,
         CASE WHEN state IN (5, 7) THEN at + interval '3 s' END, at + interval '0.1 s',
         CASE WHEN state >= 8 THEN 'utility' END, CASE WHEN state >= 8 THEN 'regular' END, CASE WHEN state >= 8 THEN 8 END, CASE WHEN state >= 8 THEN at END
    FROM (SELECT c.id, seq, ${STATE} AS state, c.started_at + seq * interval '1 ms' AS at FROM ${SEQUENCES}) AS s`
/** Every twentieth of those who read it pressed a button, every hundredth wrote back. */
const PRESSED = `message m WHERE m.workspace_id = $1 AND m.campaign_id = ANY($2::uuid[]) AND m.seq BETWEEN $3 AND $4 AND m.state = 9 AND m.seq % 20 = 1`
const PRESSES = `INSERT INTO button_click (workspace_id, campaign_id, click_id, seq, button_index, kind, text, at)
  SELECT $1, campaign_id, 'wamid.IN' || md5(seq::text), seq, seq / 20 % 2, 'quick_reply', (ARRAY['Call me back', 'Not now'])[1 + seq / 20 % 2], read_at FROM ${PRESSED}`
const PRESSERS = `INSERT INTO button_presser (workspace_id, campaign_id, seq, button_index, first_at, last_at)
  SELECT $1, campaign_id, seq, seq / 20 % 2, read_at, read_at FROM ${PRESSED}`
const REPLIED = `message m WHERE m.workspace_id = $1 AND m.campaign_id = ANY($2::uuid[]) AND m.seq BETWEEN $3 AND $4 AND m.state = 9 AND m.seq % 100 = 2`
const REPLIES = `INSERT INTO reply (workspace_id, id, inbound_id, contact_id, campaign_id, seq, type, text, at)
  SELECT $1, gen_random_uuid(), 'wamid.IN' || m.campaign_id || seq, ${idOf('01930000', 'seq')}, m.campaign_id, seq, 'text', 'Thank you!', read_at FROM ${REPLIED}`
const ACTS = `INSERT INTO recipient_act (workspace_id, campaign_id, seq, kind)
  SELECT $1, campaign_id, seq, 'clicked' FROM ${PRESSED} UNION ALL SELECT $1, campaign_id, seq, 'replied' FROM ${REPLIED}`
const COUNTED = `count(*) FILTER (WHERE state = 6) AS sent, count(*) FILTER (WHERE state = 8) AS delivered, count(*) FILTER (WHERE state = 9) AS read,
  count(*) FILTER (WHERE state = 3) AS skipped, count(*) FILTER (WHERE state = 2) AS unknown`
const SLICES = `INSERT INTO campaign_slice (workspace_id, campaign_id, slice_no, first_seq, last_seq, cursor_seq, advanced_at, sent, delivered, read, skipped, unknown, failed)
  SELECT $1, campaign_id, (seq - 1) / 500, min(seq), max(seq), max(seq), max(settled_at), ${COUNTED}, count(*) FILTER (WHERE state IN (5, 7))
    FROM message WHERE workspace_id = $1 GROUP BY campaign_id, (seq - 1) / 500`
const COUNTERS = `INSERT INTO campaign_counter (workspace_id, campaign_id, sent, delivered, read, skipped, unknown, rejected, undelivered, clicked, clicks, replied)
  SELECT $1, campaign_id, ${COUNTED}, count(*) FILTER (WHERE state = 5), count(*) FILTER (WHERE state = 7), count(*) FILTER (WHERE state = 9 AND seq % 20 = 1),
         count(*) FILTER (WHERE state = 9 AND seq % 20 = 1), count(*) FILTER (WHERE state = 9 AND seq % 100 = 2)
    FROM message WHERE workspace_id = $1 GROUP BY campaign_id`
const FAILURES = `INSERT INTO campaign_failure (workspace_id, campaign_id, kind, code, count)
  SELECT $1, campaign_id, CASE state WHEN 5 THEN 'rejected' WHEN 7 THEN 'undelivered' ELSE 'skipped' END, coalesce(error_code::text, skip_reason), count(*)
    FROM message WHERE workspace_id = $1 AND state IN (3, 5, 7) GROUP BY campaign_id, state, coalesce(error_code::text, skip_reason)`
const COUNTRIES = `INSERT INTO campaign_country (workspace_id, campaign_id, country, recipients)
  SELECT $1, campaign_id, 'IN', count(*) FROM recipient WHERE workspace_id = $1 AND address IS NOT NULL GROUP BY campaign_id`
const CHARGES = `INSERT INTO campaign_charge (workspace_id, campaign_id, day, country, category, messages)
  SELECT $1, campaign_id, (delivered_at AT TIME ZONE 'UTC')::date, 'IN', 'UTILITY', count(*) FROM message WHERE workspace_id = $1 AND state >= 8 GROUP BY campaign_id, 3`
const BUTTONS = `INSERT INTO button_counter (workspace_id, campaign_id, button_index, clicks, unique_contacts)
  SELECT $1, campaign_id, button_index, sum(clicks), count(*) FROM button_presser WHERE workspace_id = $1 GROUP BY campaign_id, button_index`
const MINUTES = `INSERT INTO campaign_minute (workspace_id, campaign_id, minute, sent, delivered, read, failed, clicked)
  SELECT $1, campaign_id, minute, sum(sent), sum(delivered), sum(read), sum(failed), sum(clicked) FROM (
    SELECT campaign_id, date_trunc('minute', accepted_at) AS minute, count(*) AS sent, 0 AS delivered, 0 AS read, 0 AS failed, 0 AS clicked
      FROM message WHERE workspace_id = $1 AND state >= 6 GROUP BY 1, 2
    UNION ALL SELECT campaign_id, date_trunc('minute', delivered_at), 0, count(*), 0, 0, 0 FROM message WHERE workspace_id = $1 AND state >= 8 GROUP BY 1, 2
    UNION ALL SELECT campaign_id, date_trunc('minute', read_at), 0, 0, count(*), 0, count(*) FILTER (WHERE seq % 20 = 1) FROM message WHERE workspace_id = $1 AND state = 9 GROUP BY 1, 2
    UNION ALL SELECT campaign_id, date_trunc('minute', failed_at), 0, 0, 0, count(*), 0 FROM message WHERE workspace_id = $1 AND state IN (5, 7) GROUP BY 1, 2) AS told
   GROUP BY campaign_id, minute`
