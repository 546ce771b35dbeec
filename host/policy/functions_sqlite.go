package policy

// sqliteFunctions are those of SQLite that a plugin may call. They read nothing
// but their arguments, with three exceptions that every migration has use for:
// the clock (CURRENT_TIMESTAMP is the commonest default there is, and the time of
// day is no secret), the random source, and what the connection says of the
// plugin's own last INSERT.
//
// Not among them: what tells of the program (sqlite_version and the like), what
// allocates by a number alone (zeroblob), what ALTER TABLE uses inside
// (sqlite_rename_table), and whatever the host has registered itself, such as
// regexp: a pattern may take any time.
var sqliteFunctions = set(
	// https://sqlite.org/lang_corefunc.html
	"abs", "changes", "char", "coalesce", "concat", "concat_ws", "format", "glob", "hex", "if", "ifnull", "iif", "instr",
	"last_insert_rowid", "length", "like", "likelihood", "likely", "lower", "ltrim", "max", "min", "nullif",
	"octet_length", "printf", "quote", "random", "randomblob", "replace", "round", "rtrim", "sign", "soundex", "substr",
	"substring", "total_changes", "trim", "typeof", "unhex", "unicode", "unistr", "unistr_quote", "unlikely", "upper",

	// https://sqlite.org/lang_datefunc.html
	"current_date", "current_time", "current_timestamp", "date", "datetime", "julianday", "strftime", "time", "timediff",
	"unixepoch",

	// https://sqlite.org/lang_aggfunc.html
	"avg", "count", "group_concat", "string_agg", "sum", "total",

	// https://sqlite.org/windowfunctions.html#built_in_window_functions
	"cume_dist", "dense_rank", "first_value", "lag", "last_value", "lead", "nth_value", "ntile", "percent_rank", "rank",
	"row_number",

	// https://sqlite.org/lang_mathfunc.html
	"acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "ceil", "ceiling", "cos", "cosh", "degrees", "exp", "floor",
	"ln", "log", "log10", "log2", "mod", "pi", "pow", "power", "radians", "sin", "sinh", "sqrt", "tan", "tanh", "trunc",

	// https://sqlite.org/json1.html
	"->", "->>", "json", "json_array", "json_array_insert", "json_array_length", "json_each", "json_error_position",
	"json_extract", "json_group_array", "json_group_object", "json_insert", "json_object", "json_patch", "json_pretty",
	"json_quote", "json_remove", "json_replace", "json_set", "json_tree", "json_type", "json_valid", "jsonb",
	"jsonb_array", "jsonb_array_insert", "jsonb_each", "jsonb_extract", "jsonb_group_array", "jsonb_group_object",
	"jsonb_insert", "jsonb_object", "jsonb_patch", "jsonb_remove", "jsonb_replace", "jsonb_set", "jsonb_tree",
)

func set(names ...string) map[string]bool {
	s := make(map[string]bool, len(names))
	for _, name := range names {
		s[name] = true
	}
	return s
}
