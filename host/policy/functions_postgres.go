package policy

import (
	"slices"
	"strings"
)

// postgresFunctions are of https://www.postgresql.org/docs/current/functions.html,
// all of them in pg_catalog. What is not here reads or changes something else than
// its arguments (settings, the catalogs, files, other sessions, sequences, SQL in a
// string), is not bounded by them, or takes a value of a type that plugins have no
// use for. nextval, setval and currval are called for a sequence that the statement
// names, which is the plugin's; how long repeat, lpad, rpad and format make a text
// is looked at as well.
var postgresFunctions = set(strings.Fields(`
	abs cbrt ceil ceiling degrees div exp floor gcd lcm ln log log10 min_scale mod pi power
	radians random round scale sign sqrt trim_scale trunc width_bucket acos acosd asin asind atan atan2
	atan2d atand cos cosd cot cotd sin sind tan tand sinh cosh tanh asinh acosh atanh erf erfc

	ascii bit_length btrim casefold char_length character_length chr concat concat_ws initcap left length
	lower ltrim md5 normalize is_normalized octet_length overlay position quote_ident quote_literal
	quote_nullable regexp_count regexp_instr regexp_like regexp_match regexp_matches regexp_replace
	regexp_split_to_array regexp_split_to_table regexp_substr replace reverse right rtrim split_part
	starts_with string_to_array string_to_table strpos substr substring to_hex to_bin to_oct translate
	unistr upper like_escape similar_to_escape similar_escape format repeat lpad rpad

	bit_count get_bit get_byte set_bit set_byte sha224 sha256 sha384 sha512 crc32 crc32c convert
	convert_from convert_to encode decode

	to_char to_date to_number to_timestamp

	age clock_timestamp date date_add date_bin date_part date_subtract date_trunc extract isfinite
	justify_days justify_hours justify_interval make_date make_interval make_time make_timestamp
	make_timestamptz now overlaps statement_timestamp timeofday timezone transaction_timestamp

	gen_random_uuid uuid_extract_timestamp uuid_extract_version uuidv4 uuidv7

	enum_first enum_last enum_range

	area center diagonal diameter height isclosed isopen npoints pclose popen radius slope width bound_box
	abbrev broadcast family host hostmask inet_merge inet_same_family masklen netmask network
	set_masklen macaddr8_set7bit

	array_to_tsvector numnode plainto_tsquery phraseto_tsquery
	websearch_to_tsquery querytree setweight strip to_tsquery to_tsvector json_to_tsvector
	jsonb_to_tsvector ts_delete ts_filter ts_headline ts_rank ts_rank_cd tsquery_phrase
	tsvector_to_array

	to_json to_jsonb array_to_json row_to_json json_build_array jsonb_build_array json_build_object
	jsonb_build_object json_object jsonb_object json_array_elements jsonb_array_elements
	json_array_elements_text jsonb_array_elements_text json_array_length jsonb_array_length json_each
	jsonb_each json_each_text jsonb_each_text json_extract_path jsonb_extract_path
	json_extract_path_text jsonb_extract_path_text json_object_keys jsonb_object_keys
	json_populate_record jsonb_populate_record json_populate_recordset jsonb_populate_recordset
	json_to_record jsonb_to_record json_to_recordset jsonb_to_recordset jsonb_set jsonb_set_lax
	jsonb_insert json_strip_nulls jsonb_strip_nulls jsonb_path_exists jsonb_path_match
	jsonb_path_query jsonb_path_query_array jsonb_path_query_first jsonb_path_exists_tz
	jsonb_path_match_tz jsonb_path_query_tz jsonb_path_query_array_tz jsonb_path_query_first_tz
	jsonb_pretty json_typeof jsonb_typeof json_scalar

	array_append array_cat array_dims array_length array_lower array_ndims array_position
	array_positions array_prepend array_remove array_replace array_reverse array_sample array_shuffle
	array_sort array_to_string array_upper cardinality trim_array unnest

	lower_inc upper_inc lower_inf upper_inf isempty range_merge multirange int4range int8range numrange
	tsrange tstzrange daterange int4multirange int8multirange nummultirange tsmultirange
	tstzmultirange datemultirange

	any_value array_agg avg bit_and bit_or bit_xor bool_and bool_or count every json_agg jsonb_agg
	json_object_agg jsonb_object_agg max min range_agg range_intersect_agg string_agg sum corr
	covar_pop covar_samp regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx
	regr_sxy regr_syy stddev stddev_pop stddev_samp variance var_pop var_samp mode percentile_cont
	percentile_disc rank dense_rank percent_rank cume_dist row_number ntile lag lead first_value
	last_value nth_value

	generate_series generate_subscripts num_nulls num_nonnulls

	nextval setval currval pg_get_serial_sequence
`)...)

// postgresForbidden reports whether a function can't be granted: it gets at files,
// other sessions, large objects or other servers, changes settings, which the
// other walls are made of, or runs SQL that it is handed as text.
func postgresForbidden(name string) bool {
	return slices.ContainsFunc([]string{"pg_", "lo_", "dblink", "txid_", "binary_upgrade_"}, func(prefix string) bool {
		return strings.HasPrefix(name, prefix)
	}) || strings.Contains(name, "_to_xml") || slices.Contains([]string{"set_config", "ts_stat", "ts_rewrite", "loread", "lowrite"}, name)
}
