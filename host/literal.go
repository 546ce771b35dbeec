package host

import (
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// Literal writes a value for people, in a form near SQL's.
func Literal(v abi.Value) string {
	switch v.Type {
	case abi.TypeNull:
		return "NULL"
	case abi.TypeInt64:
		return strconv.FormatInt(v.Int, 10)
	case abi.TypeBool:
		return strconv.FormatBool(v.Int != 0)
	case abi.TypeFloat64:
		return strconv.FormatFloat(v.Float, 'g', -1, 64)
	case abi.TypeNumeric:
		return string(v.Bytes)
	case abi.TypeBytes, abi.TypeUUID:
		return "x'" + hex.EncodeToString(v.Bytes) + "'"
	case abi.TypeDate:
		return calendar(v.Int, math.MinInt32, math.MaxInt32, time.Unix(v.Int*24*60*60, 0), "-01-02")
	case abi.TypeTime:
		if v.Int == (24 * time.Hour).Microseconds() {
			return "'24:00:00'" // the day's end, to PostgreSQL
		}
		return "'" + time.UnixMicro(v.Int).UTC().Format("15:04:05.999999") + "'"
	case abi.TypeTimestamp:
		return calendar(v.Int, math.MinInt64, math.MaxInt64, time.UnixMicro(v.Int), "-01-02 15:04:05.999999")
	case abi.TypeTimestampTZ:
		return calendar(v.Int, math.MinInt64, math.MaxInt64, time.UnixMicro(v.Int), "-01-02 15:04:05.999999Z07:00")
	case abi.TypeInterval:
		return "'" + strconv.Itoa(int(v.Months)) + " months " + strconv.Itoa(int(v.Days)) + " days " +
			strconv.FormatInt(v.Int, 10) + " microseconds'"
	default:
		return "'" + strings.ReplaceAll(string(v.Bytes), "'", "''") + "'"
	}
}

// calendar writes the time that a value stands for: the least and the largest one are the
// infinities (ABI.md, section 5.1), and before the year 1 is the year 1 BC. layout is
// what comes after the year.
func calendar(value, least, largest int64, t time.Time, layout string) string {
	switch value {
	case least:
		return "'-infinity'"
	case largest:
		return "'infinity'"
	}
	t = t.UTC()
	year, era := t.Year(), ""
	if year < 1 {
		year, era = 1-year, " BC"
	}
	return fmt.Sprintf("'%04d%s%s'", year, t.Format(layout), era)
}
