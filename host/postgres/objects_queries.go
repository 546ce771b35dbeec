package postgres

import "github.com/sandpiper-db/sandpiper/host"

// here is the schema that is read.
const here = `(SELECT oid FROM pg_namespace WHERE nspname = current_schema())`

// ledgerTables are the names of the ledger's own tables.
const ledgerTables = `('sandpiper_heads', 'sandpiper_history', 'sandpiper_progress', 'sandpiper_owned')`

// key is the SQL of an object's key.
func key(catalog, oid string) string {
	return `('` + catalog + `'::regclass::oid || '/' || ` + oid + `)`
}

// apart is the condition that an object did not come with another one: with an
// extension (deptype e), or as a part of it (i).
func apart(catalog, oid string) string {
	return `NOT EXISTS (SELECT FROM pg_depend o WHERE o.classid = '` + catalog + `'::regclass AND o.objid = ` + oid +
		` AND o.objsubid = 0 AND o.deptype IN ('e', 'i'))`
}

// options is the SQL of storage parameters as a list, NULL where there are none.
func options(column, prefix string) string {
	return `(SELECT string_agg(concat('` + prefix + `', split_part(o, '=', 1), ' = ', quote_literal(substr(o, strpos(o, '=') + 1))), ', ' ORDER BY o COLLATE "C")
    FROM unnest(` + column + `) o)`
}

// collation is the SQL of a collation that differs from that of the type, or of
// NULL.
func collation(own, ofType string) string {
	return `CASE WHEN ` + own + ` <> 0 AND ` + own + ` IS DISTINCT FROM ` + ofType + ` THEN ' COLLATE ' || ` + own + `::regcollation END`
}

// facts is the SQL of a list without what is NULL.
func facts(list string) string { return `to_json(array_remove(ARRAY[` + list + `], NULL))` }

// notes is the SQL of the note of an object without parts that have comments.
func notes(catalog, oid, on string) string {
	return `json_build_array(json_build_object('Key', ` + key(catalog, oid) + `, 'On', ` + on + `))`
}

// columnNotes is the SQL of the notes of a relation and its columns; word is
// what COMMENT calls it.
func columnNotes(catalog, oid, word string) string {
	return `(SELECT json_agg(n ORDER BY n."Sub") FROM (
    SELECT ` + key(catalog, oid) + ` AS "Key", 0 AS "Sub", format('%s %I', ` + word + `, c.relname) AS "On"
    UNION ALL SELECT ` + key("pg_class", "c.oid") + `, attnum, format('COLUMN %I.%I', c.relname, attname)
    FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped) n)`
}

// query is a query of objects: of their key, kind and name, and what else is
// given.
func query(kind host.ObjectKind, key, name, rest, from string) string {
	return `SELECT json_build_object('Key', ` + key + `, 'Kind', '` + string(kind) + `', 'Name', ` + name + `, ` + rest + `) FROM ` + from
}

// objectQueries describe all that is not put together in Go.
var objectQueries = []string{
	query(host.ObjectExtension, key("pg_extension", "e.oid"), "extname", `
  'SQL', CASE WHEN extnamespace = `+here+` THEN format('CREATE EXTENSION IF NOT EXISTS %I;', extname)
    ELSE CASE WHEN extnamespace < 16384 OR EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_namespace'::regclass AND objid = n.oid AND deptype = 'e')
      THEN '' ELSE format(E'CREATE SCHEMA IF NOT EXISTS %I;\n', nspname) END
    || format('CREATE EXTENSION IF NOT EXISTS %I WITH SCHEMA %I;', extname, nspname) END,
  'Notes', CASE WHEN obj_description(e.oid, 'pg_extension') IS DISTINCT FROM (SELECT comment FROM pg_available_extensions WHERE name = extname)
    THEN `+notes("pg_extension", "e.oid", `format('EXTENSION %I', extname)`)+` END`,
		`pg_extension e JOIN pg_namespace n ON n.oid = extnamespace WHERE extname <> 'plpgsql'`),

	query(host.ObjectType, key("pg_type", "t.oid"), "typname", `
  'SQL', format('CREATE TYPE %I AS ENUM (%s);', typname, v.lines), 'Facts', `+facts(`'enum ' || v.list`)+`,
  'Notes', `+notes("pg_type", "t.oid", "format('TYPE %I', typname)"),
		`pg_type t, LATERAL (
  SELECT coalesce(string_agg(quote_literal(enumlabel), ', ' ORDER BY enumsortorder), '') AS list,
    E'\n    ' || string_agg(quote_literal(enumlabel), E',\n    ' ORDER BY enumsortorder) || E'\n' AS lines
  FROM pg_enum WHERE enumtypid = t.oid) v
WHERE typtype = 'e' AND typnamespace = `+here+` AND `+apart("pg_type", "t.oid")),

	query(host.ObjectType, key("pg_type", "t.oid"), "t.typname", `
  'Also', k.keys, 'SQL', concat(format('CREATE DOMAIN %I AS %s', t.typname, d.definition), k.checks, ';', k.unchecked),
  'Facts', (SELECT to_json(array_prepend('domain ' || d.definition, k.facts))),
  'Notes', (SELECT json_agg(n ORDER BY n."On") FROM (
    SELECT `+key("pg_type", "t.oid")+` AS "Key", format('DOMAIN %I', t.typname) COLLATE "C" AS "On"
    UNION ALL SELECT `+key("pg_constraint", "o.oid")+`, format('CONSTRAINT %I ON DOMAIN %I', conname, t.typname)
    FROM pg_constraint o WHERE contypid = t.oid AND contype = 'c') n)`,
		`pg_type t JOIN pg_type b ON b.oid = t.typbasetype, LATERAL (
  SELECT concat(format_type(t.typbasetype, t.typtypmod), `+collation("t.typcollation", "b.typcollation")+`,
    ' DEFAULT ' || pg_get_expr(t.typdefaultbin, 0), CASE WHEN t.typnotnull THEN ' NOT NULL' END) AS definition) d, LATERAL (
  SELECT json_agg(`+key("pg_constraint", "o.oid")+`) AS keys,
    coalesce(array_agg(format('constraint %I %s', conname, pg_get_constraintdef(o.oid))), '{}') AS facts,
    string_agg(format(E'\n    CONSTRAINT %I %s', conname, pg_get_constraintdef(o.oid)), '' ORDER BY conname) FILTER (WHERE convalidated) AS checks,
    string_agg(format(E'\nALTER DOMAIN %I ADD CONSTRAINT %I %s;', t.typname, conname, pg_get_constraintdef(o.oid)), '' ORDER BY conname) FILTER (WHERE NOT convalidated) AS unchecked
  FROM pg_constraint o WHERE contypid = t.oid AND contype = 'c') k
WHERE t.typtype = 'd' AND t.typnamespace = `+here+` AND `+apart("pg_type", "t.oid")),

	query(host.ObjectType, key("pg_type", "t.oid"), "typname", `
  'Also', json_build_array(`+key("pg_class", "c.oid")+`), 'SQL', format(E'CREATE TYPE %I AS (\n    %s\n);', typname, array_to_string(a.columns, E',\n    ')),
  'Facts', (SELECT to_json(array_agg('column ' || x)) FROM unnest(a.columns) x), 'Notes', `+columnNotes("pg_type", "t.oid", "'TYPE'"),
		`pg_type t JOIN pg_class c ON c.oid = typrelid AND relkind = 'c', LATERAL (
  SELECT array_agg(concat(quote_ident(attname), ' ', format_type(atttypid, atttypmod), `+collation("attcollation", "b.typcollation")+`) ORDER BY attnum) AS columns
  FROM pg_attribute JOIN pg_type b ON b.oid = atttypid WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped) a
WHERE typnamespace = `+here+` AND `+apart("pg_type", "t.oid")),

	// A range with a canonical function needs a shell type and C.
	query(host.ObjectType, key("pg_type", "t.oid"), "t.typname", `
  'SQL', CASE WHEN rngcanonical = 0 THEN format('CREATE TYPE %I AS RANGE (%s);', t.typname, d.definition) END,
  'Facts', `+facts(`'range ' || d.definition, 'canonical = ' || nullif(rngcanonical, 0)::regproc`)+`,
  'Notes', `+notes("pg_type", "t.oid", "format('TYPE %I', t.typname)"),
		`pg_type t JOIN pg_range r ON rngtypid = t.oid JOIN pg_type b ON b.oid = rngsubtype, LATERAL (
  SELECT concat_ws(', ', 'subtype = ' || format_type(rngsubtype, NULL),
    (SELECT format(CASE WHEN pg_opclass_is_visible(oid) THEN 'subtype_opclass = %2$I' ELSE 'subtype_opclass = %1$s.%2$I' END, opcnamespace::regnamespace, opcname)
     FROM pg_opclass WHERE oid = rngsubopc AND NOT opcdefault),
    CASE WHEN rngcollation <> b.typcollation THEN 'collation = ' || rngcollation::regcollation END,
    'subtype_diff = ' || nullif(rngsubdiff, 0)::regproc,
    (SELECT format('multirange_type_name = %I', typname) FROM pg_type WHERE oid = (to_jsonb(r) ->> 'rngmultitypid')::oid
     AND typname <> CASE WHEN t.typname LIKE '%range%' THEN regexp_replace(t.typname, 'range', 'multirange') ELSE t.typname || '_multirange' END)) AS definition) d
WHERE t.typnamespace = `+here+` AND `+apart("pg_type", "t.oid")),

	query(host.ObjectFunction, key("pg_proc", "p.oid"), "format('%s(%s)', proname, d.types)", `
  'SQL', format('CREATE %s %I%s;', d.word, proname, d.rest), 'Facts', `+facts("d.word || d.rest")+`,
  'Notes', `+notes("pg_proc", "p.oid", "format('%s %I(%s)', d.word, proname, pg_get_function_identity_arguments(p.oid))"),
		`pg_proc p JOIN pg_namespace n ON n.oid = pronamespace, LATERAL (
  SELECT CASE prokind WHEN 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END AS word) w, LATERAL (
  SELECT w.word, rtrim(substr(pg_get_functiondef(p.oid), length(format('CREATE OR REPLACE %s %I.%I', w.word, nspname, proname)) + 1), E'\n') AS rest,
    (SELECT string_agg(format_type(x, NULL), ', ' ORDER BY i) FROM unnest(proargtypes::oid[]) WITH ORDINALITY u (x, i)) AS types) d
WHERE prokind IN ('f', 'p', 'w') AND pronamespace = `+here+` AND `+apart("pg_proc", "p.oid")),

	query(host.ObjectFunction, key("pg_proc", "p.oid"), "format('%s(%s)', proname, pg_get_function_identity_arguments(p.oid))", `
  'SQL', format('CREATE AGGREGATE %I(%s) (%s);', proname, d.arguments, d.definition), 'Facts', `+facts("'AGGREGATE(' || d.arguments || ') ' || d.definition")+`,
  'Notes', `+notes("pg_proc", "p.oid", "format('AGGREGATE %I(%s)', proname, coalesce(nullif(pg_get_function_identity_arguments(p.oid), ''), '*'))"),
		`pg_proc p JOIN pg_aggregate a ON aggfnoid = p.oid, LATERAL (
  SELECT coalesce(nullif(pg_get_function_arguments(p.oid), ''), '*') AS arguments, concat_ws(', ',
    'sfunc = ' || aggtransfn, 'stype = ' || format_type(aggtranstype, NULL), 'sspace = ' || nullif(aggtransspace, 0),
    'finalfunc = ' || nullif(aggfinalfn::oid, 0)::regproc, CASE WHEN aggfinalextra THEN 'finalfunc_extra' END,
    CASE WHEN aggfinalfn <> 0 AND aggfinalmodify <> (CASE aggkind WHEN 'n' THEN 'r' ELSE 'w' END)::"char" THEN 'finalfunc_modify = ' || (CASE aggfinalmodify WHEN 'r' THEN 'read_only' WHEN 's' THEN 'shareable' ELSE 'read_write' END) END,
    'combinefunc = ' || nullif(aggcombinefn::oid, 0)::regproc, 'serialfunc = ' || nullif(aggserialfn::oid, 0)::regproc, 'deserialfunc = ' || nullif(aggdeserialfn::oid, 0)::regproc,
    'initcond = ' || quote_literal(agginitval),
    'msfunc = ' || nullif(aggmtransfn::oid, 0)::regproc, 'minvfunc = ' || nullif(aggminvtransfn::oid, 0)::regproc, 'mstype = ' || format_type(nullif(aggmtranstype, 0), NULL),
    'msspace = ' || nullif(aggmtransspace, 0), 'mfinalfunc = ' || nullif(aggmfinalfn::oid, 0)::regproc, CASE WHEN aggmfinalextra THEN 'mfinalfunc_extra' END,
    CASE WHEN aggmfinalfn <> 0 AND aggmfinalmodify <> (CASE aggkind WHEN 'n' THEN 'r' ELSE 'w' END)::"char" THEN 'mfinalfunc_modify = ' || (CASE aggmfinalmodify WHEN 'r' THEN 'read_only' WHEN 's' THEN 'shareable' ELSE 'read_write' END) END,
    'minitcond = ' || quote_literal(aggminitval),
    (SELECT format('sortop = OPERATOR(%s.%s)', oprnamespace::regnamespace, oprname) FROM pg_operator WHERE oid = aggsortop),
    CASE proparallel WHEN 's' THEN 'parallel = safe' WHEN 'r' THEN 'parallel = restricted' END, CASE aggkind WHEN 'h' THEN 'hypothetical' END) AS definition) d
WHERE pronamespace = `+here+` AND `+apart("pg_proc", "p.oid")),

	// An index that is INVALID was not finished. It is described and not written.
	query(host.ObjectIndex, key("pg_class", "c.oid"), "c.relname", `
  'Table', t.relname, 'SQL', CASE WHEN indisvalid OR c.relkind = 'I' THEN concat_ws(E'\n',
    format('CREATE %sINDEX %I ON %s%I USING %s;', d.word, c.relname, CASE WHEN c.relkind = 'I' THEN 'ONLY ' END, t.relname, d.rest),
    'ALTER INDEX ' || d.parent || format(' ATTACH PARTITION %I;', c.relname),
    (SELECT string_agg(format('ALTER INDEX %I ALTER COLUMN %s SET STATISTICS %s;', c.relname, attnum, attstattarget), E'\n' ORDER BY attnum)
     FROM pg_attribute WHERE attrelid = c.oid AND attstattarget >= 0),
    CASE WHEN indisclustered THEN format('ALTER TABLE %I CLUSTER ON %I;', t.relname, c.relname) END,
    CASE WHEN indisreplident THEN format('ALTER TABLE %I REPLICA IDENTITY USING INDEX %I;', t.relname, c.relname) END) END,
  'Facts', `+facts(`d.word || 'USING ' || d.rest, 'part of index ' || d.parent, CASE WHEN NOT indisvalid AND c.relkind = 'i' THEN 'invalid' END,
    CASE WHEN indisclustered THEN 'clustered' END, CASE WHEN indisreplident THEN 'replica identity' END,
    (SELECT 'statistics of columns ' || string_agg(attnum || ': ' || attstattarget, ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = c.oid AND attstattarget >= 0)`)+`,
  'Notes', `+notes("pg_class", "c.oid", "format('INDEX %I', c.relname)"),
		`pg_class c JOIN pg_index ON indexrelid = c.oid JOIN pg_class t ON t.oid = indrelid JOIN pg_namespace n ON n.oid = t.relnamespace, LATERAL (
  SELECT CASE WHEN indisunique THEN 'UNIQUE ' ELSE '' END AS word) w, LATERAL (
  SELECT w.word, (SELECT inhparent::regclass::text FROM pg_inherits WHERE inhrelid = c.oid) AS parent,
    substr(pg_get_indexdef(c.oid), length(format('CREATE %sINDEX %I ON %s%I.%I USING ', w.word, c.relname, CASE WHEN c.relkind = 'I' THEN 'ONLY ' END, nspname, t.relname)) + 1) AS rest) d
WHERE c.relnamespace = `+here+` AND t.relkind IN ('r', 'p', 'm') AND t.relname NOT IN `+ledgerTables+`
  AND `+apart("pg_class", "c.oid")+` AND `+apart("pg_class", "t.oid")),

	// The parts of one on a partitioned table come with it.
	query(host.ObjectForeignKey, key("pg_constraint", "o.oid"), "conname", `
  'Table', relname, 'SQL', format('ALTER TABLE %I ADD CONSTRAINT %I %s;', relname, conname, pg_get_constraintdef(o.oid)),
  'Facts', `+facts("pg_get_constraintdef(o.oid)")+`,
  'Notes', `+notes("pg_constraint", "o.oid", "format('CONSTRAINT %I ON %I', conname, relname)"),
		`pg_constraint o JOIN pg_class c ON c.oid = conrelid
WHERE contype = 'f' AND conparentid = 0 AND relnamespace = `+here+` AND `+apart("pg_class", "c.oid")),

	query(host.ObjectView, key("pg_class", "c.oid"), "relname", `
  'SQL', format(E'CREATE VIEW %I%s AS\n%s', relname, ' WITH (' || o.options || ')', pg_get_viewdef(c.oid))
    || coalesce((SELECT string_agg(format(E'\nALTER VIEW %I ALTER COLUMN %I SET DEFAULT %s;', relname, attname, pg_get_expr(adbin, adrelid)), '' ORDER BY attnum)
      FROM pg_attrdef JOIN pg_attribute ON attrelid = adrelid AND attnum = adnum WHERE adrelid = c.oid), ''),
  'Also', (SELECT json_agg(`+key("pg_attrdef", "oid")+`) FROM pg_attrdef WHERE adrelid = c.oid),
  'Facts', `+viewFacts+`, 'Notes', `+columnNotes("pg_class", "c.oid", "'VIEW'"),
		`pg_class c, LATERAL (SELECT `+options("reloptions", "")+` AS options) o
WHERE relkind = 'v' AND relnamespace = `+here+` AND `+apart("pg_class", "c.oid")),

	query(host.ObjectMaterializedView, key("pg_class", "c.oid"), "relname", `
  'SQL', format(E'CREATE MATERIALIZED VIEW %I%s%s AS\n%s%s;', relname, ' USING ' || quote_ident(m.method), ' WITH (' || o.options || ')',
    rtrim(pg_get_viewdef(c.oid), ';'), CASE WHEN NOT relispopulated THEN E'\n  WITH NO DATA' END)
    || coalesce((SELECT string_agg(format(E'\nALTER TABLE %I %s;', relname, s), '' ORDER BY n) FROM `+columnSettings+`), ''),
  'Facts', `+viewFacts+`, 'Notes', `+columnNotes("pg_class", "c.oid", "'MATERIALIZED VIEW'"),
		`pg_class c, LATERAL (SELECT `+options("reloptions", "")+` AS options) o,
  LATERAL (SELECT (SELECT amname FROM pg_am WHERE oid = relam AND amname <> 'heap') AS method) m
WHERE relkind = 'm' AND relnamespace = `+here+` AND `+apart("pg_class", "c.oid")),

	// The parts of a trigger on a partitioned table come with it, but each may be
	// enabled or not by itself.
	query(host.ObjectTrigger, key("pg_trigger", "g.oid"), "g.tgname", `
  'Table', relname, 'SQL', concat_ws(E'\n', CASE WHEN parent.oid IS NULL THEN pg_get_triggerdef(g.oid, true) || ';' END,
    format('ALTER TABLE %I ', relname) || (CASE g.tgenabled WHEN parent.tgenabled THEN NULL WHEN 'O' THEN CASE WHEN parent.oid IS NOT NULL THEN 'ENABLE' END
      WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' WHEN 'A' THEN 'ENABLE ALWAYS' END) || format(' TRIGGER %I;', g.tgname)),
  'Facts', `+facts(`CASE WHEN parent.oid IS NULL THEN pg_get_triggerdef(g.oid, true) END,
    CASE g.tgenabled WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'enabled for replicas' WHEN 'A' THEN 'enabled always' END`)+`,
  'Notes', `+notes("pg_trigger", "g.oid", "format('TRIGGER %I ON %I', g.tgname, relname)"),
		`pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid LEFT JOIN pg_trigger parent ON parent.oid = (to_jsonb(g) ->> 'tgparentid')::oid
WHERE relnamespace = `+here+` AND NOT g.tgisinternal AND (parent.oid IS NULL OR parent.tgenabled <> g.tgenabled) AND `+apart("pg_class", "c.oid")+`
  AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_trigger'::regclass AND objid = g.oid AND deptype = 'e')`),

	query(host.ObjectRule, key("pg_rewrite", "r.oid"), "rulename", `
  'Table', relname, 'SQL', concat_ws(E'\n', pg_get_ruledef(r.oid, true), format('ALTER TABLE %I ', relname) || (CASE ev_enabled
    WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' WHEN 'A' THEN 'ENABLE ALWAYS' END) || format(' RULE %I;', rulename)),
  'Facts', `+facts(`pg_get_ruledef(r.oid, true),
    CASE ev_enabled WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'enabled for replicas' WHEN 'A' THEN 'enabled always' END`)+`,
  'Notes', `+notes("pg_rewrite", "r.oid", "format('RULE %I ON %I', rulename, relname)"),
		`pg_rewrite r JOIN pg_class c ON c.oid = ev_class
WHERE relnamespace = `+here+` AND rulename <> '_RETURN' AND `+apart("pg_class", "c.oid")),

	query(host.ObjectPolicy, key("pg_policy", "p.oid"), "polname", `
  'Table', relname, 'SQL', format('CREATE POLICY %I ON %I%s;', polname, relname, d.definition), 'Facts', `+facts(`trim(d.definition)`)+`,
  'Notes', `+notes("pg_policy", "p.oid", "format('POLICY %I ON %I', polname, relname)"),
		`pg_policy p JOIN pg_class c ON c.oid = polrelid, LATERAL (
  SELECT concat(CASE WHEN NOT polpermissive THEN ' AS RESTRICTIVE' END,
    CASE polcmd WHEN 'r' THEN ' FOR SELECT' WHEN 'a' THEN ' FOR INSERT' WHEN 'w' THEN ' FOR UPDATE' WHEN 'd' THEN ' FOR DELETE' END,
    ' TO ' || (SELECT string_agg(CASE role WHEN 0 THEN 'PUBLIC' ELSE role::regrole::text END, ', ' ORDER BY role::regrole::text COLLATE "C")
      FROM unnest(polroles) role WHERE polroles <> '{0}'),
    ' USING (' || pg_get_expr(polqual, polrelid) || ')', ' WITH CHECK (' || pg_get_expr(polwithcheck, polrelid) || ')') AS definition) d
WHERE relnamespace = `+here+` AND `+apart("pg_class", "c.oid")),

	query(host.ObjectStatistics, key("pg_statistic_ext", "s.oid"), "stxname", `
  'Table', relname, 'SQL', concat_ws(E'\n', format('CREATE STATISTICS %I%s;', stxname, d.rest), format('ALTER STATISTICS %I SET STATISTICS ', stxname) || d.target || ';'),
  'Facts', `+facts(`trim(d.rest), 'target ' || d.target`)+`,
  'Notes', `+notes("pg_statistic_ext", "s.oid", "format('STATISTICS %I', stxname)"),
		`pg_statistic_ext s JOIN pg_class c ON c.oid = stxrelid JOIN pg_namespace n ON n.oid = stxnamespace, LATERAL (
  SELECT substr(pg_get_statisticsobjdef(s.oid), length(format('CREATE STATISTICS %I.%I', nspname, stxname)) + 1) AS rest,
    nullif((to_jsonb(s) ->> 'stxstattarget')::int, -1) AS target) d
WHERE stxnamespace = `+here+` AND `+apart("pg_class", "c.oid")),

	// Everything else that is in the schema, or is about its types; and once
	// more what the queries above have found, to be left out again. See Reset.
	// The schema may have another name where it is loaded. Nothing depends on its
	// comment, so that the key is none of the catalogs.
	query(host.ObjectOther, `'comment'`, `'comment on the schema'`, `
  'SQL', format('DO %L;', format('BEGIN EXECUTE format(''COMMENT ON SCHEMA %%I IS %%L'', current_schema(), %L); END', text)), 'Facts', `+facts(`quote_literal(text)`),
		`(SELECT obj_description(`+here+`, 'pg_namespace') AS text) d
WHERE text <> 'standard public schema'`),

	query(host.ObjectOther, "concat(o.classid, '/', o.objid)", "format('%s %s', type, replace(identity, quote_ident(current_schema()) || '.', ''))",
		`'Facts', `+facts(`format('%s %s', type, replace(identity, quote_ident(current_schema()) || '.', ''))`),
		`(SELECT classid, objid FROM pg_depend WHERE refclassid = 'pg_namespace'::regclass AND refobjid = `+here+` AND deptype = 'n'
  UNION SELECT 'pg_cast'::regclass, k.oid FROM pg_cast k JOIN pg_type t ON t.oid IN (castsource, casttarget)
  WHERE typnamespace = `+here+` AND `+apart("pg_cast", "k.oid")+` AND castmethod <> 'i') o,
LATERAL pg_identify_object(o.classid, o.objid, 0)
WHERE type NOT IN ('default acl', 'publication namespace', 'extension') AND identity IS NOT NULL
  AND NOT (o.classid = 'pg_class'::regclass AND EXISTS (SELECT FROM pg_class WHERE oid = o.objid AND relname IN `+ledgerTables+`))
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = o.classid AND e.objid = o.objid AND e.objsubid = 0 AND e.deptype IN ('e', 'i'))`),
}

// viewFacts are the facts of a view.
var viewFacts = `(SELECT to_json(array_agg(f) FILTER (WHERE f IS NOT NULL)) FROM (
    SELECT 'definition' || E'\n' || pg_get_viewdef(c.oid) AS f
    UNION ALL SELECT 'with (' || o.options || ')'
    UNION ALL SELECT 'not populated' WHERE NOT relispopulated
    UNION ALL SELECT concat(format('column %I %s', attname, format_type(atttypid, atttypmod)), ' DEFAULT ' || pg_get_expr(adbin, adrelid))
    FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum WHERE attrelid = c.oid AND attnum > 0
    UNION ALL SELECT s FROM ` + columnSettings + `) f)`

// columnSettings are the actions of ALTER TABLE that set what CREATE TABLE cannot
// say of the columns of the relation c.
const columnSettings = `(
    SELECT format('ALTER COLUMN %I SET %s', attname, s), attnum * 10 + i FROM pg_attribute a JOIN pg_type t ON t.oid = atttypid, LATERAL (VALUES
      (0, CASE WHEN attstorage <> typstorage THEN 'STORAGE ' || (CASE attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END) END),
      (1, CASE to_jsonb(a) ->> 'attcompression' WHEN 'p' THEN 'COMPRESSION pglz' WHEN 'l' THEN 'COMPRESSION lz4' END),
      (2, CASE WHEN attstattarget >= 0 THEN 'STATISTICS ' || attstattarget END),
      (3, '(' || array_to_string(attoptions, ', ') || ')')) v (i, s)
    WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped AND relkind IN ('r', 'p', 'm') AND s IS NOT NULL) x (s, n)`

var dependencyQuery = `SELECT json_build_object('Key', concat(classid, '/', objid), 'On', concat(refclassid, '/', refobjid), 'Type', deptype)
FROM pg_depend WHERE objid >= 16384 AND refobjid >= 16384 ORDER BY classid, objid, refclassid, refobjid, deptype`

var commentQuery = `SELECT json_build_object('Key', concat(classoid, '/', objoid), 'Sub', objsubid, 'Text', quote_literal(description))
FROM pg_description WHERE objoid >= 16384`
