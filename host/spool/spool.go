// Package spool keeps rows for later in a bounded part of memory, and what does not
// fit there in a temporary file. The dialects need it for rows that are still open
// when something else is sent: they are read ahead then, however many they are.
//
//	Put ─ memory, up to Memory bytes ─ then a file ─ Next, in the same order
//
// All rows are put before the first is taken. The file has no name where the
// system allows that, so that nothing of it outlives the process.
package spool

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"sync"
)

// Memory is how many bytes of rows a spool keeps in memory.
const Memory = 4 << 20

// PluginLimit is how many bytes a plugin's spools may hold together.
const PluginLimit = 1 << 30

// bufferSize is that of reading and writing the file.
const bufferSize = 64 << 10

// A Spool holds rows, each of which is a list of values, nil for those that are
// NULL. Its zero value is empty.
type Spool struct {
	memory []byte // per value a u32 length, or noValue, and its bytes
	taken  int    // of memory
	file   *os.File
	writer *bufio.Writer // until the first row is taken
	reader *bufio.Reader // then, for what is in the file
	row    []byte        // what the values of a row from the file point into
	rows   int64
	bytes  int64
	err    error
}

// noValue is the length of what is NULL.
const noValue = math.MaxUint32

// Rows returns how many rows there are.
func (s *Spool) Rows() int64 { return s.rows }

// Bytes returns how many bytes of rows were put.
func (s *Spool) Bytes() int64 { return s.bytes }

// Put adds a row, which it copies.
func (s *Spool) Put(values [][]byte) error {
	size := int64(0)
	for _, v := range values {
		size += 4 + int64(len(v))
		if uint64(len(v)) >= noValue {
			return fmt.Errorf("a value of %d bytes", len(v))
		}
	}
	if s.file == nil && int64(len(s.memory))+size > Memory {
		if err := s.open(); err != nil {
			return err
		}
	}
	if s.memory == nil {
		s.memory, _ = memories.Get().([]byte)
	}
	s.rows++
	s.bytes += size
	for _, v := range values {
		n := uint32(len(v))
		if v == nil {
			n = noValue
		}
		if s.file == nil {
			s.memory = append(binary.LittleEndian.AppendUint32(s.memory, n), v...)
			continue
		}
		var header [4]byte
		binary.LittleEndian.PutUint32(header[:], n)
		s.writer.Write(header[:]) // the writer keeps its first error
		if _, err := s.writer.Write(v); err != nil {
			return s.failed(err)
		}
	}
	return nil
}

// open begins the file.
func (s *Spool) open() error {
	f, err := os.CreateTemp("", "sandpiper-rows-*")
	if err != nil {
		return s.failed(err)
	}
	os.Remove(f.Name()) // where it can't go while it is open, Close removes it
	s.file, s.writer = f, bufio.NewWriterSize(f, bufferSize)
	return nil
}

// failed says what could not be kept, and what to do.
func (s *Spool) failed(err error) error {
	s.err = fmt.Errorf("rows are left open while something else is sent, and can't be kept in a file meanwhile: %w; "+
		"close them first, read them in portions (LIMIT), or set TMPDIR to a folder with more room", err)
	return s.err
}

// Next takes the next row into values, as many as were put. It returns io.EOF after
// the last row. The bytes are valid until the following call.
func (s *Spool) Next(values [][]byte) error {
	switch {
	case s.err != nil:
		return s.err
	case s.rows == 0:
		return io.EOF
	}
	s.rows--
	if len(values) == 0 {
		return nil // SELECT FROM t: there is nothing in memory, and no file
	}
	if s.taken < len(s.memory) {
		for i := range values {
			n := binary.LittleEndian.Uint32(s.memory[s.taken:])
			s.taken += 4
			values[i] = nil
			if n != noValue {
				end := s.taken + int(n)
				values[i], s.taken = s.memory[s.taken:end:end], end
			}
		}
		return nil
	}
	if err := s.fromFile(values); err != nil {
		return s.failed(err)
	}
	return nil
}

// fromFile takes a row from the file.
func (s *Spool) fromFile(values [][]byte) error {
	if s.reader == nil {
		if err := s.writer.Flush(); err != nil {
			return err
		}
		if _, err := s.file.Seek(0, io.SeekStart); err != nil {
			return err
		}
		s.writer, s.reader = nil, bufio.NewReaderSize(s.file, bufferSize)
	}
	if cap(s.row) > Memory {
		s.row = nil
	}
	s.row = s.row[:0]
	for i := range values {
		var header [4]byte
		if _, err := io.ReadFull(s.reader, header[:]); err != nil {
			return err
		}
		values[i] = nil
		n := binary.LittleEndian.Uint32(header[:])
		if n == noValue {
			continue
		}
		start, end := len(s.row), len(s.row)+int(n)
		if end > cap(s.row) {
			// The values before point into what was there.
			s.row, start, end = make([]byte, 0, max(int(n), 2*cap(s.row))), 0, int(n)
		}
		s.row = s.row[:end]
		values[i] = s.row[start:end:end]
		if _, err := io.ReadFull(s.reader, values[i]); err != nil {
			return err
		}
	}
	return nil
}

// memories are what closed spools had: there is one for each chunk of a backfill.
var memories sync.Pool

// Close drops what is left. Safe to call twice.
func (s *Spool) Close() error {
	if s.memory != nil {
		memories.Put(s.memory[:0])
	}
	s.memory, s.taken, s.rows, s.row, s.reader, s.writer = nil, 0, 0, nil, nil, nil
	if s.file == nil {
		return nil
	}
	err := s.file.Close()
	if removeErr := os.Remove(s.file.Name()); removeErr != nil && !errors.Is(removeErr, os.ErrNotExist) {
		err = errors.Join(err, removeErr)
	}
	s.file = nil
	return err
}
