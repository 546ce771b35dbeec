package host_test

import (
	"math"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// Times are written so that PostgreSQL reads them as what they are.
func TestLiteralTimes(t *testing.T) {
	for want, v := range map[string]abi.Value{
		"'2026-11-26'":                   {Type: abi.TypeDate, Int: 20783},
		"'-infinity'":                    {Type: abi.TypeDate, Int: math.MinInt32},
		"'infinity'":                     {Type: abi.TypeDate, Int: math.MaxInt32},
		"'0044-03-15 BC'":                {Type: abi.TypeDate, Int: -735160},
		"'5874897-12-31'":                {Type: abi.TypeDate, Int: 2145042905},
		"'4713-01-01 00:00:00Z BC'":      {Type: abi.TypeTimestampTZ, Int: -210863520000_000000},
		"'294246-01-01 00:00:00.000001'": {Type: abi.TypeTimestamp, Int: 9223339708800_000001},
		"'24:00:00'":                     {Type: abi.TypeTime, Int: 86400_000000},
		"'23:59:59.999999'":              {Type: abi.TypeTime, Int: 86399_999999},
	} {
		if got := host.Literal(v); got != want {
			t.Errorf("%+v: got %s, want %s", v, got, want)
		}
	}
	for _, kind := range []abi.Type{abi.TypeTimestamp, abi.TypeTimestampTZ} {
		if least, largest := host.Literal(abi.Value{Type: kind, Int: math.MinInt64}), host.Literal(abi.Value{Type: kind, Int: math.MaxInt64}); least != "'-infinity'" || largest != "'infinity'" {
			t.Errorf("%s: got %s and %s", kind, least, largest)
		}
	}
}
