package wasmfile_test

import (
	"encoding/hex"
	"strings"

	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// header is what every module begins with.
const header = "00 61 73 6d 01 00 00 00"

// unhex makes bytes of hex digits; white space is left out.
func unhex(s string) []byte {
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		panic(err)
	}
	return b
}

func manifest(steps int) abi.Manifest {
	m := abi.Manifest{Manifest: 1, ABI: abi.Version, Name: "test", Line: abi.DefaultLine}
	for i := range steps {
		m.Revisions = append(m.Revisions, abi.Revision{
			Step: int32(i), Dialect: abi.SQLite, ID: hexID(i), Slug: "step",
		})
	}
	return m
}

func hexID(i int) string {
	const digits = "0123456789abcdef"
	id := []byte("000000000000")
	for k := len(id) - 1; i > 0; k-- {
		id[k] = digits[i%16]
		i /= 16
	}
	return string(id)
}
