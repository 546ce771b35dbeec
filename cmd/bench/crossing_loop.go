package main

import (
	"encoding/binary"
	"errors"
	"math"
)

var errCutShort = errors.New("a row is cut short")

// readFiveColumns reads rows as the guests of the figure do, testdata/crossing/guest.c
// line by line, and returns their number and the sum of what was read.
func readFiveColumns(b []byte) (count int, sum int64, err error) {
	for len(b) > 0 {
		if len(b) < 5 {
			return 0, 0, errCutShort
		}
		size := binary.LittleEndian.Uint32(b)
		if size < 1 || uint64(size) > uint64(len(b)-4) {
			return 0, 0, errCutShort
		}
		row := b[5 : 4+size]
		nulls := b[4]
		b = b[4+size:]
		if nulls>>5 != 0 {
			return 0, 0, errCutShort
		}
		if nulls&1 == 0 {
			if len(row) < 8 {
				return 0, 0, errCutShort
			}
			sum += int64(binary.LittleEndian.Uint64(row))
			row = row[8:]
		}
		if nulls&2 == 0 {
			if len(row) < 8 {
				return 0, 0, errCutShort
			}
			sum += int64(math.Float64frombits(binary.LittleEndian.Uint64(row)))
			row = row[8:]
		}
		ok := true
		if nulls&4 == 0 {
			if row, sum, ok = readText(row, sum); !ok {
				return 0, 0, errCutShort
			}
		}
		if nulls&8 == 0 {
			if len(row) < 8 {
				return 0, 0, errCutShort
			}
			sum += int64(binary.LittleEndian.Uint64(row))
			row = row[8:]
		}
		if nulls&16 == 0 {
			if row, sum, ok = readText(row, sum); !ok {
				return 0, 0, errCutShort
			}
		}
		if len(row) != 0 {
			return 0, 0, errCutShort
		}
		count++
	}
	return count, sum, nil
}

func readText(row []byte, sum int64) ([]byte, int64, bool) {
	if len(row) < 4 {
		return nil, 0, false
	}
	n := binary.LittleEndian.Uint32(row)
	row = row[4:]
	if uint64(n) > uint64(len(row)) {
		return nil, 0, false
	}
	if n > 0 {
		sum += int64(n) + int64(row[n-1])
	}
	return row[n:], sum, true
}
