package postgres

import (
	"context"
	"strconv"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// A loadColumn is a column that rows are loaded into.
type loadColumn struct {
	name    string
	oid     uint32 // of its type; of a domain's, the type below it. 0 if no value can be given
	isEnum  bool
	convert converter // for the binary format
}

// targetColumns asks for columns in the order in which they are named. COPY reads
// the values of a domain as those of the type below it.
const targetColumns = `SELECT c.name, coalesce(b.oid, 0), coalesce(b.typtype = 'e', false)
FROM pg_catalog.unnest($2::text[]) WITH ORDINALITY c (name, n)
LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = pg_catalog.to_regclass($1) AND a.attname = c.name AND a.attnum > 0
  AND NOT a.attisdropped AND a.attgenerated = ''
LEFT JOIN LATERAL (
  WITH RECURSIVE base (oid, typtype, typbasetype) AS (
    SELECT t.oid, t.typtype, t.typbasetype FROM pg_catalog.pg_type t WHERE t.oid = a.atttypid
    UNION ALL SELECT t.oid, t.typtype, t.typbasetype FROM base JOIN pg_catalog.pg_type t ON base.typtype = 'd' AND t.oid = base.typbasetype)
  SELECT * FROM base WHERE typtype <> 'd') b ON true
ORDER BY c.n`

// loadColumns sends the queue, and returns the columns of a table. They are kept
// until anything else is sent, which may change them.
func (t *tx) loadColumns(ctx context.Context, into, table string, names []string) ([]loadColumn, error) {
	if known, ok := t.targets[into]; ok && len(t.queue) == 0 {
		return append([]loadColumn{}, known...), t.settle(ctx)
	}
	var columns []loadColumn
	t.put(item{sql: targetColumns, values: [][]byte{[]byte(table), textArray(names)}, row: func(v [][]byte) error {
		oid, err := strconv.ParseUint(string(v[1]), 10, 32)
		columns = append(columns, loadColumn{name: string(v[0]), oid: uint32(oid), isEnum: isTrue(v[2])})
		return err
	}})
	if err := t.flush(ctx); err != nil {
		return nil, err
	}
	if t.targets == nil {
		t.targets = map[string][]loadColumn{}
	}
	t.targets[into] = append([]loadColumn{}, columns...)
	return columns, nil
}

// loadable reports whether all columns can be loaded into.
func loadable(columns []loadColumn) bool {
	for _, c := range columns {
		if c.oid == 0 {
			return false
		}
	}
	return true
}

// chooseFormat sets how each column is converted, and reports whether all can be
// in the binary format. If not, the text format has the server convert what INSERT
// would take as a literal.
func chooseFormat(columns []loadColumn, from []abi.Type) (binary bool) {
	binary = true
	for i := range columns {
		c := &columns[i]
		c.convert = c.binaryFrom(from[i])
		binary = binary && c.convert != nil
	}
	return binary
}

// binaryFrom returns what writes values of a type for the column in the binary
// format; nil, if only the server can convert them.
func (c *loadColumn) binaryFrom(from abi.Type) converter {
	if from == abi.TypeNull {
		return textFields
	}
	if c.isEnum {
		return textOf(from)
	}
	switch c.oid {
	case pgtype.TextOID, pgtype.VarcharOID, pgtype.BPCharOID, pgtype.JSONOID:
		return textOf(from)
	case pgtype.JSONBOID:
		if textOf(from) != nil {
			return jsonbFields
		}
	case pgtype.NumericOID:
		switch from {
		case abi.TypeInt64, abi.TypeFloat64, abi.TypeNumeric:
			return numericFields
		}
	}
	return exact[exactly{c.oid, from}]
}

// textOf returns what writes a type's text form, which is what the types of text
// are in the binary format. Bytes have none: INSERT takes them for no text either.
func textOf(from abi.Type) converter {
	if from == abi.TypeBytes || from == abi.TypeAny {
		return nil
	}
	return textFields
}

type exactly struct {
	oid  uint32
	from abi.Type
}

// exact are the types that have the same values on both sides.
var exact = map[exactly]converter{
	{pgtype.Int2OID, abi.TypeInt64}:              int2Fields,
	{pgtype.Int4OID, abi.TypeInt64}:              int4Fields,
	{pgtype.Int8OID, abi.TypeInt64}:              int8Fields,
	{pgtype.Float4OID, abi.TypeFloat64}:          float4Fields,
	{pgtype.Float8OID, abi.TypeFloat64}:          float8Fields,
	{pgtype.BoolOID, abi.TypeBool}:               boolFields,
	{pgtype.ByteaOID, abi.TypeBytes}:             byteaFields,
	{pgtype.UUIDOID, abi.TypeUUID}:               uuidFields,
	{pgtype.DateOID, abi.TypeDate}:               dateFields,
	{pgtype.TimeOID, abi.TypeTime}:               timeFields,
	{pgtype.TimestampOID, abi.TypeTimestamp}:     timestampFields,
	{pgtype.TimestamptzOID, abi.TypeTimestampTZ}: timestampFields,
	{pgtype.IntervalOID, abi.TypeInterval}:       intervalFields,
}

// takesVerbatim reports whether the binary form of the column's values is their
// bytes behind a prefix.
func (c *loadColumn) takesVerbatim() bool { return c.oid != pgtype.NumericOID }

func (c *loadColumn) prefix() string {
	if c.oid == pgtype.JSONBOID {
		return string(rune(jsonbVersion))
	}
	return ""
}
