package abi

import "testing"

// The rows of the benchmarks are those of shared figures: five columns, as a
// data migration reads them.
var (
	benchTypes = []Type{TypeInt64, TypeText, TypeFloat64, TypeTimestampTZ, TypeUUID}
	benchRow   = []Value{Int64(42), Text("How to read a flow run"), Float64(1.5), TimestampTZ(1791106200000000), UUID([16]byte{1, 2, 3})}
)

const benchRows = 10_000

func benchData(b *testing.B) []byte {
	var data []byte
	var err error
	for range benchRows {
		if data, err = AppendRow(data, benchTypes, benchRow); err != nil {
			b.Fatal(err)
		}
	}
	return data
}

// BenchmarkAppendRow encodes 10,000 rows of 5 columns.
func BenchmarkAppendRow(b *testing.B) {
	data := benchData(b)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		data = data[:0]
		for range benchRows {
			data, _ = AppendRow(data, benchTypes, benchRow)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchRows, "ns/row")
}

// BenchmarkDecodeRow decodes 10,000 rows of 5 columns.
func BenchmarkDecodeRow(b *testing.B) {
	data := benchData(b)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	var row []Value
	for b.Loop() {
		var err error
		for rest := data; len(rest) > 0; {
			if row, rest, err = DecodeRow(benchTypes, rest, row); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchRows, "ns/row")
}

// BenchmarkDecodeManifest decodes a manifest of 1,000 revisions.
func BenchmarkDecodeManifest(b *testing.B) {
	m := &Manifest{Manifest: 1, ABI: Version}
	for i := range 1000 {
		id := []byte("0123456789ab")
		id[0], id[1], id[2] = "0123456789"[i%10], "0123456789"[i/10%10], "0123456789"[i/100%10]
		m.Revisions = append(m.Revisions, Revision{Dialect: SQLite, ID: string(id), Slug: "add_a_column",
			Created: "2026-10-04T09:30:00Z", Source: "versions/sqlite/a.sql"})
	}
	data := AppendManifest(nil, m)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := DecodeManifest(data); err != nil {
			b.Fatal(err)
		}
	}
}
