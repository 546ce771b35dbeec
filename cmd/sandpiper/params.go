package main

import (
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// literals writes parameters for people, in a form near SQL's.
func literals(params []abi.Value) []string {
	var out []string
	for _, v := range params {
		out = append(out, literal(v))
	}
	return out
}

func literal(v abi.Value) string {
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
		return "'" + time.Unix(v.Int*24*60*60, 0).UTC().Format(time.DateOnly) + "'"
	case abi.TypeTime:
		return "'" + time.UnixMicro(v.Int).UTC().Format("15:04:05.999999") + "'"
	case abi.TypeTimestamp:
		return "'" + time.UnixMicro(v.Int).UTC().Format("2006-01-02 15:04:05.999999") + "'"
	case abi.TypeTimestampTZ:
		return "'" + time.UnixMicro(v.Int).UTC().Format("2006-01-02 15:04:05.999999Z07:00") + "'"
	case abi.TypeInterval:
		return "'" + strconv.Itoa(int(v.Months)) + " months " + strconv.Itoa(int(v.Days)) + " days " +
			strconv.FormatInt(v.Int, 10) + " microseconds'"
	default:
		return "'" + strings.ReplaceAll(string(v.Bytes), "'", "''") + "'"
	}
}

// oneLine keeps a text inside a comment.
func oneLine(text string) string {
	return strings.Join(strings.Fields(text), " ")
}
