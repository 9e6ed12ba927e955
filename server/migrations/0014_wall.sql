-- The second wall between workspaces (docs/decisions/0009-second-wall.md). Requests run as another role than the owner of these tables, and
-- that role sees the rows of one workspace, the one their connection stands in; outside of any it sees nothing. Whatever works for all
-- workspaces (sending, receipts, sweeps, backup) runs as the owner, whom row-level security leaves alone, and pays nothing for the wall.

-- Folds into the query: with `workspace_id = $1` beside it, the policy costs one comparison for a statement, none for a row.
CREATE FUNCTION current_workspace() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT nullif(current_setting('fanfare.workspace', true), '')::uuid
$$;

-- Puts a table behind the wall. Each later table is put there by the migration that makes it.
CREATE FUNCTION wall_off(walled regclass, workspace_column name DEFAULT 'workspace_id') RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', walled);
  EXECUTE format('CREATE POLICY wall ON %s USING (%I = current_workspace())', walled, workspace_column);
END $$;

SELECT wall_off('workspace', 'id');
SELECT wall_off(attrelid::regclass) FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
 WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND attname = 'workspace_id' ORDER BY attrelid;

-- Lets a role in, with what requests need and no more. Nothing is granted on keys and secrets (data_key), passwords, second factors and
-- sessions (identity_*), and what was said in audit_entry cannot be changed. Called again after each migration: later tables are new to it.
CREATE FUNCTION let_in(guest name) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  walled regclass;
BEGIN
  IF NOT has_schema_privilege(guest, current_schema(), 'USAGE') THEN
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', current_schema(), guest);
  END IF;
  FOR walled IN SELECT oid::regclass FROM pg_class
                 WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND relrowsecurity AND relname <> 'data_key' LOOP
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO %I', walled, guest);
  END LOOP;
  EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON audit_entry FROM %I', guest);
  EXECUTE format('GRANT SELECT ON schema_migration, contact_here TO %I', guest);
  EXECUTE format('GRANT SELECT (id, name, email, two_factor_enabled) ON identity_user TO %I', guest);
  EXECUTE format('GRANT USAGE ON ALL SEQUENCES IN SCHEMA %I TO %I', current_schema(), guest);
END $$;

-- Searches for people look through this window. A policy keeps the trigram and tag indexes from being used, because it must be asked before
-- any operator that might tell about rows in its errors; the condition of a view need not. It is the same condition.
CREATE VIEW contact_here AS SELECT * FROM contact WHERE workspace_id = current_workspace();
