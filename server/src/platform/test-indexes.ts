/** What an index is for: the file that asks, and what it asks, with values for a plan. `guards`: a rule that nothing else keeps. */
export type IndexUse = readonly [file: string, asks: string] | readonly [file: string, guards: 'guards', what: string]

const W = `'00000000-0000-7000-8000-000000000001'::uuid`
const IDS = `ARRAY[${W}]`
const STAGED = `workspace_id = ${W} AND campaign_id = ${W}`

/**
 * Every index of the database but the primary keys, by name. Whoever adds an index adds its line; an index whose line cannot be written is not
 * needed. indexes.test.ts asks for the plan of each statement.
 */
export const INDEX_USES: Readonly<Record<string, IndexUse>> = {
  api_key_hash: ['access/keys.ts', `SELECT 1 FROM api_key WHERE key_hash = '\\x00'`],
  audit_entry_object: ['analytics/queries.ts', `SELECT at FROM audit_entry WHERE workspace_id = ${W} AND object_type = 'WhatsappCampaign' AND object_id = 'x'`],
  audit_entry_time: ['access/audit-routes.ts', `SELECT id FROM audit_entry WHERE workspace_id = ${W} ORDER BY at DESC LIMIT 20`],
  button_click_recipient: ['analytics/recipients.ts', `SELECT at FROM button_click WHERE ${STAGED} AND seq = ANY('{1,2}')`],
  button_presser_button: ['analytics/queries.ts', `SELECT seq FROM button_presser WHERE ${STAGED} AND button_index = 0 ORDER BY first_at, seq LIMIT 20`],
  button_presser_stop: ['analytics/queries.ts', `SELECT count(DISTINCT seq) FROM button_presser WHERE ${STAGED} AND is_stop`],
  campaign_due: ['campaigns/scheduler.ts', `SELECT id FROM campaign WHERE status = 'Scheduled' AND deleted_at IS NULL AND scheduled_at <= now() ORDER BY scheduled_at`],
  campaign_experiment: ['experiments/queries.ts', `SELECT id FROM campaign WHERE workspace_id = ${W} AND experiment_id = ${W}`],
  campaign_list: ['campaigns/queries.ts', `SELECT id FROM campaign WHERE workspace_id = ${W} AND deleted_at IS NULL ORDER BY created_at DESC, id DESC LIMIT 10`],
  campaign_minute_time: ['analytics/dashboard.ts', `SELECT sum(sent) FROM campaign_minute WHERE workspace_id = ${W} AND minute >= now() - interval '30 days'`],
  campaign_occurrence: ['recurrences/occur.ts', 'guards', 'an occurrence becomes one campaign, however many processes make it'],
  campaign_receipts_due: ['dispatch/no-receipt.ts', `SELECT id FROM campaign WHERE receipts_due AND completed_at < now() ORDER BY completed_at LIMIT 20`],
  campaign_running: ['dispatch/lease.ts', `SELECT number_id FROM campaign WHERE status = 'Running' AND frozen_at IS NOT NULL`],
  campaign_safety: ['dispatch/safety-watch.ts', `SELECT id FROM campaign WHERE status = 'Running' AND (canary_seq IS NOT NULL OR circuit_breaker IS NOT NULL) ORDER BY workspace_id, id`],
  campaign_slice_open: ['dispatch/rescuer.ts', `SELECT slice_no FROM campaign_slice WHERE ${STAGED} AND sending > 0`],
  campaign_version_template: ['templates/queries.ts', `SELECT campaign_id FROM campaign_version WHERE workspace_id = ${W} AND template_id = ${W}`],
  campaign_with_people: ['retention/people.ts', `SELECT id FROM campaign WHERE has_people AND completed_at IS NOT NULL ORDER BY completed_at LIMIT 1`],
  consent_event_opt: ['consent/history.ts', `SELECT contact_id FROM consent_event WHERE workspace_id = ${W} AND kind IN ('opted_out', 'opted_in') ORDER BY said_at DESC LIMIT 20`],
  consent_event_time: ['consent/history.ts', `SELECT contact_id FROM consent_event WHERE workspace_id = ${W} ORDER BY said_at DESC LIMIT 20`],
  contact_of_import: ['contacts/condition-sql.ts', `SELECT id FROM contact WHERE workspace_id = ${W} AND import_id = ${W}`],
  contact_phone: ['contacts/queries.ts', `SELECT id FROM contact WHERE workspace_id = ${W} AND phone_e164 = '+919700000000'`],
  contact_search: ['contacts/queries.ts', `SELECT id FROM contact WHERE workspace_id = ${W} AND search_text LIKE '%asha%'`],
  contact_send_key: ['webhooks/people.ts', `SELECT id FROM contact WHERE workspace_id = ${W} AND send_key = '919700000000'`],
  contact_tags: ['contacts/condition-sql.ts', `SELECT id FROM contact WHERE workspace_id = ${W} AND tag_keys && '{vip}'`],
  contact_topic_out: ['contacts/eligibility.ts', `SELECT contact_id FROM contact_topic WHERE workspace_id = ${W} AND topic_id = ${W} AND stopped`],
  contact_user_id: ['webhooks/people.ts', `SELECT id FROM contact WHERE workspace_id = ${W} AND user_id = 'IN.1'`],
  contact_wa_id: ['webhooks/people.ts', `SELECT id FROM contact WHERE workspace_id = ${W} AND wa_id = '919700000000'`],
  daily_person_age: ['dispatch/room.ts', `SELECT send_key FROM daily_person WHERE workspace_id = ${W} AND room_id = 'x' AND last_at <= now() ORDER BY last_at LIMIT 100`],
  erasure_recent: ['contacts/erasure.ts', `SELECT contact_id FROM erasure WHERE erased_at > now() - interval '30 days'`],
  experiment_open: ['experiments/drive.ts', `SELECT id FROM experiment WHERE status IN ('Starting', 'Testing') ORDER BY workspace_id, id`],
  idempotency_record_age: ['platform/idempotency.ts', `DELETE FROM idempotency_record WHERE created_at < now() - interval '24 hours'`],
  identity_account_provider_id_account_id_key: ['identity/auth.ts', `SELECT user_id FROM identity_account WHERE provider_id = 'oidc' AND account_id = 'x'`],
  identity_account_user_id_idx: ['identity/auth.ts', `SELECT id FROM identity_account WHERE user_id = ${W}`],
  identity_session_token_key: ['identity/auth.ts', `SELECT user_id FROM identity_session WHERE token = 'x'`],
  identity_session_user_id_idx: ['identity/routes.ts', `SELECT id FROM identity_session WHERE user_id = ${W}`],
  identity_two_factor_user_id_idx: ['identity/auth.ts', `SELECT secret FROM identity_two_factor WHERE user_id = ${W}`],
  identity_user_email_key: ['identity/auth.ts', `SELECT id FROM identity_user WHERE email = 'x'`],
  identity_verification_identifier_idx: ['identity/auth.ts', `SELECT value FROM identity_verification WHERE identifier = 'x'`],
  install_only_one_key: ['access/bootstrap.ts', 'guards', 'there is one installation'],
  invitation_email: ['identity/auth.ts', `SELECT 1 FROM invitation WHERE email = 'x' AND accepted_at IS NULL`],
  invitation_role: ['people/role-routes.ts', `SELECT 1 FROM invitation WHERE workspace_id = ${W} AND role_id = ${W}`],
  invitation_token: ['people/invitations.ts', `SELECT id FROM invitation WHERE token_hash = '\\x00'`],
  media_meta: ['accounts/media.ts', `SELECT id FROM media WHERE workspace_id = ${W} AND meta_media_id = ANY('{x}')`],
  message_retry_due: ['dispatch/orders.ts', `SELECT 1 FROM message_retry WHERE ${STAGED} AND due_at <= now()`],
  notice_mail_due: ['notices/mailer.ts', `SELECT id FROM notice_mail WHERE next_attempt_at <= now() ORDER BY next_attempt_at LIMIT 10`],
  opt_out_fact_inbox: ['webhooks/processor.ts', `DELETE FROM opt_out_fact WHERE workspace_id = ${W} AND inbox_id = ANY('{1,2}')`],
  outgoing_delivery_age: ['outgoing/deliver.ts', `DELETE FROM outgoing_delivery WHERE created_at < now() - interval '30 days'`],
  outgoing_delivery_due: ['outgoing/deliver.ts', `SELECT id FROM outgoing_delivery WHERE workspace_id = ${W} AND endpoint_id = ${W} AND status = 'Pending' AND next_attempt_at <= now() ORDER BY next_attempt_at`],
  outgoing_event_order: ['outgoing/router.ts', `SELECT id FROM outgoing_event ORDER BY id LIMIT 100`],
  phone_number_default: ['accounts/numbers.ts', 'guards', 'an account has one default number'],
  phone_number_meta: ['accounts/numbers.ts', 'guards', 'a number belongs to one account of the installation'],
  rate_card_workspace_id_effective_from_key: ['pricing/cost.ts', `SELECT id FROM rate_card WHERE workspace_id = ${W} AND effective_from <= now() ORDER BY effective_from DESC LIMIT 1`],
  receipt_minute_age: ['webhooks/receipts.ts', `DELETE FROM receipt_minute WHERE minute < now() - interval '9 days'`],
  recipient_contact: ['webhooks/people.ts', `SELECT campaign_id, seq FROM recipient WHERE workspace_id = ${W} AND contact_id = ANY(${IDS}) ORDER BY campaign_id DESC LIMIT 50`],
  recipient_send_key: ['campaigns/audience.ts', 'guards', 'a person stands once among those who may be sent to'],
  recurrence_due: ['recurrences/occur.ts', `SELECT id FROM recurrence WHERE NOT is_paused AND next_at <= now() ORDER BY next_at`],
  reply_campaign: ['analytics/queries.ts', `SELECT id FROM reply WHERE ${STAGED} ORDER BY at DESC, id LIMIT 20`],
  reply_contact: ['contacts/timeline.ts', `SELECT at FROM reply WHERE workspace_id = ${W} AND contact_id = ${W}`],
  reply_recipient: ['analytics/recipients.ts', `SELECT min(at) FROM reply WHERE ${STAGED} AND seq = ANY('{1,2}') GROUP BY seq`],
  reply_workspace_id_inbound_id_key: ['webhooks/inbound.ts', 'guards', 'a message that Meta tells again is one reply'],
  role_name: ['people/role-routes.ts', 'guards', 'a role’s name is its own, in any letter case'],
  segment_name: ['segments/routes.ts', 'guards', 'a segment’s name is its own, in any letter case'],
  suppression_workspace_id_id_key: ['suppressions/routes.ts', `SELECT 1 FROM suppression WHERE workspace_id = ${W} AND id = ${W}`],
  template_meta: ['webhooks/notices.ts', `SELECT id FROM template WHERE workspace_id = ${W} AND meta_id = 'x'`],
  template_workspace_id_account_id_name_language_key: ['campaigns/queries.ts', `SELECT id FROM template WHERE workspace_id = ${W} AND account_id = ${W} AND name = 'x'`],
  test_send_open: ['dispatch/test-sends.ts', `SELECT id FROM test_send WHERE number_id = ${W} AND state IN ('Pending', 'Sending') ORDER BY created_at`],
  topic_name: ['consent/topics.ts', 'guards', 'a topic’s name is its own, in any letter case'],
  unmatched_receipt_due: ['webhooks/unmatched.ts', `SELECT id FROM unmatched_receipt WHERE filed_as IS NULL AND next_try_at <= now() ORDER BY next_try_at LIMIT 200`],
  unmatched_receipt_filed: ['retention/people.ts', `SELECT id FROM unmatched_receipt WHERE filed_as IS NOT NULL AND first_at < now() ORDER BY first_at LIMIT 2000`],
  whatsapp_account_id: ['webhooks/receiver.ts', `SELECT workspace_id FROM whatsapp_account WHERE id = ${W}`],
  whatsapp_account_waba: ['accounts/queries.ts', `SELECT 1 FROM whatsapp_account WHERE waba_id = 'x' AND removed_at IS NULL`],
  workspace_member_role: ['people/role-routes.ts', `SELECT 1 FROM workspace_member WHERE workspace_id = ${W} AND role_id = ${W}`],
  workspace_member_user: ['people/members.ts', `SELECT workspace_id FROM workspace_member WHERE user_id = ${W}`],
} // biome-ignore format: one line each

/** Rows where an empty table does not tell one index from another: a workspace like many, so that the values of a query are rare in it. */
export const SEED: readonly string[] = [
  'SET session_replication_role = replica', // rows that refer to nothing will do
  `INSERT INTO contact (workspace_id, id, phone_e164, send_key, wa_id, key_hash, first_name, tags, import_id)
   SELECT ${W}, gen_random_uuid(), '+' || n, n, n, decode(md5(n::text), 'hex'), 'Person ' || md5(n::text), ARRAY['T' || n % 500], gen_random_uuid()
     FROM generate_series(919700000000, 919700019999) AS n`,
  `INSERT INTO consent_event (workspace_id, contact_id, said_at, source, kind)
   SELECT ${W}, gen_random_uuid(), now() - n * interval '1 minute', 'import', CASE WHEN n % 50 = 0 THEN 'opted_out' ELSE 'marketing_yes' END FROM generate_series(1, 10000) AS n`,
  `INSERT INTO audit_entry (workspace_id, id, at, actor_type, actor_name, action, object_type, object_id)
   SELECT ${W}, gen_random_uuid(), now() - n * interval '1 minute', 'system', 'x', 'x', 'WhatsappCampaign', md5(n::text) FROM generate_series(1, 10000) AS n`,
  `INSERT INTO message_retry (workspace_id, campaign_id, seq, attempt, due_at) SELECT ${W}, ${W}, n, 1, now() + (n * 7919 % 10000) * interval '1 minute' FROM generate_series(1, 10000) AS n`,
  `INSERT INTO opt_out_fact (workspace_id, key, inbox_id, source, said_at) SELECT ${W}, md5(n::text), n, 'word', now() FROM generate_series(1, 10000) AS n`,
  `INSERT INTO template (workspace_id, id, account_id, meta_id, name, language, category, status, components, parameters)
   SELECT ${W}, gen_random_uuid(), ${W}, n::text, 'template_' || n, 'en', 'UTILITY', 'APPROVED', '[]', '[]' FROM generate_series(1, 5000) AS n`,
  `INSERT INTO recipient (workspace_id, campaign_id, seq, contact_id, send_key, address) SELECT ${W}, ${W}, n, gen_random_uuid(), n, n FROM generate_series(1, 10000) AS n`,
  `INSERT INTO media (workspace_id, id, phone_number_id, meta_media_id, mime_type, file_size, sha256)
   SELECT ${W}, gen_random_uuid(), ${W}, n::text, 'image/png', 1, '' FROM generate_series(1, 5000) AS n`,
  'ANALYZE contact, consent_event, audit_entry, message_retry, opt_out_fact, template, recipient, media',
]
