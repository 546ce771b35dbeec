//go:build wasip1

// Command work is a Go guest that computes, for the figures of metering: the same
// five kinds of work as work.c.
package main

import (
	"bytes"
	"hash/crc32"
	"slices"
	"strconv"
)

func main() {}

var kinds = [...]func() uint32{recursion, loop, hash, text, sorting}

//go:wasmexport work
func work(kind int32) int32 { return int32(kinds[kind]()) }

func recursion() uint32 { return fib(30) }

func fib(n uint32) uint32 {
	if n < 2 {
		return n
	}
	return fib(n-1) + fib(n-2)
}

func loop() uint32 {
	x := uint32(1)
	for i := range uint32(20_000_000) {
		x = x*1664525 + i
	}
	return x
}

func hash() uint32 {
	b := make([]byte, 1<<20)
	for i := range b {
		b[i] = byte(i * 7)
	}
	h := uint32(2166136261)
	for range 8 {
		for _, c := range b {
			h = (h ^ uint32(c)) * 16777619
		}
	}
	return h ^ crc32.ChecksumIEEE(b)
}

func text() uint32 {
	var b []byte
	total := uint32(0)
	for i := range 20_000 {
		b = append(b[:0], "user "...)
		b = strconv.AppendInt(b, int64(i), 10)
		b = append(b, ", Some Where, 12345"...)
		for _, field := range bytes.Split(bytes.ToUpper(b), []byte(", ")) {
			total = total*31 + uint32(len(field)) + uint32(field[0])
		}
	}
	return total
}

func sorting() uint32 {
	list := make([]uint32, 200_000)
	x := uint32(12345)
	for i := range list {
		x = x*1664525 + 1013904223
		list[i] = x
	}
	slices.Sort(list)
	return list[len(list)/2]
}
