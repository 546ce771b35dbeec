package main

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"github.com/sandpiper-db/sandpiper/host/wasmfile"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// A guestWriter writes a module that does what no folder of files can say: it
// reads rows, gives parameters, sets savepoints, and goes on after an error.
//
// Below 16 is room for what the host writes, between that and textsAt for rows.
type guestWriter struct {
	imports  []wasmfile.HostFunction
	types    []string
	code     []byte
	texts    []byte
	lastCall int
}

const textsAt = 4096

// Instructions of https://webassembly.github.io/spec/core/binary/instructions.html
const (
	wasmIf, wasmEnd, wasmReturn, wasmCall, wasmDrop = "\x04\x40", "\x0b", "\x0f", "\x10", "\x1a"
	wasmEqual, wasmAnd, wasmGreater                 = "\x46", "\x71", "\x4b"
	wasmLoad                                        = "\x28\x02\x00"
)

// guestOf writes the module, without its manifest.
func guestOf(migrations []attackMigration) ([]byte, error) {
	g := &guestWriter{}
	for _, name := range []string{"exec", "query", "rows_next", "exec_batch", "savepoint", "section_begin", "section_end", "schema_op"} {
		g.declare(name)
	}
	for step, m := range migrations {
		for direction, calls := range [][]attackCall{m.up, m.down} {
			g.code = append(g.code, "\x20\x00"...)
			g.number(step)
			g.code = append(g.code, wasmEqual+"\x20\x01"...)
			g.number(direction)
			g.code = append(g.code, wasmEqual+wasmAnd+wasmIf...)
			for _, c := range calls {
				if err := g.do(c); err != nil {
					return nil, err
				}
			}
			g.number(0)
			g.code = append(g.code, wasmReturn+wasmEnd...)
		}
	}
	g.number(1)
	return g.bytes(), nil
}

// declare imports a function of the host.
func (g *guestWriter) declare(name string) {
	for _, h := range wasmfile.HostFunctions() {
		if h.Module == abi.Module && h.Name == name {
			g.imports = append(g.imports, h)
			g.types = append(g.types, "\x60"+vector(string(h.Type.Params))+vector(string(h.Type.Results)))
		}
	}
}

func (g *guestWriter) number(n int) { g.code = appendSigned(append(g.code, 0x41), n) }

// text keeps a text and pushes its place and length.
func (g *guestWriter) text(s string) {
	g.number(textsAt + len(g.texts))
	g.number(len(s))
	g.texts = append(g.texts, s...)
}

// call calls a function, and returns its errno if that is greater than allowed.
func (g *guestWriter) call(name string, allowed abi.Errno) {
	g.callAnyway(name)
	g.code = append(g.code, "\x22\x02"...) // local.tee 2
	g.number(int(allowed))
	g.code = append(g.code, wasmGreater+wasmIf+"\x20\x02"+wasmReturn+wasmEnd...)
}

func (g *guestWriter) callAnyway(name string) {
	for i, h := range g.imports {
		if h.Name == name {
			g.code = append(g.code, wasmCall...)
			g.code = binary.AppendUvarint(g.code, uint64(i))
		}
	}
}

func (g *guestWriter) do(c attackCall) error {
	switch c.verb {
	case "", "TRY":
		g.text(c.text)
		for range 4 { // no parameters, no flags, no result
			g.number(0)
		}
		if c.verb == "TRY" {
			g.callAnyway("exec")
			g.code = append(g.code, wasmDrop...)
			return nil
		}
		g.call("exec", abi.ErrnoOK)
	case "QUERY":
		g.text(c.text)
		for range 3 { // no parameters, and the handle is written to 0
			g.number(0)
		}
		g.call("query", abi.ErrnoOK)
		g.number(0)
		g.code = append(g.code, wasmLoad...)
		for _, n := range []int{16, textsAt - 16, 4, 8} {
			g.number(n)
		}
		g.call("rows_next", abi.ErrnoEnd)
	case "BATCH":
		parts := strings.Split(c.text, " @WITH ")
		rows, err := parameterRows(parts[1:])
		if err != nil {
			return err
		}
		g.text(parts[0])
		g.text(string(rows))
		g.number(0)
		g.call("exec_batch", abi.ErrnoOK)
	case "SAVE", "RELEASE", "BACK":
		g.number(map[string]int{"SAVE": 0, "RELEASE": 1, "BACK": 2}[c.verb])
		g.text(c.text)
		g.call("savepoint", abi.ErrnoOK)
	case "SECTION":
		for _, n := range []int{int(abi.SectionAutocommit), 0, 0, 0} {
			g.number(n)
		}
		g.call("section_begin", abi.ErrnoOK)
	case "END":
		g.call("section_end", abi.ErrnoOK)
	case "OP":
		g.text(c.text)
		g.call("schema_op", abi.ErrnoOK)
	default:
		return fmt.Errorf("no such verb: %s", c.verb)
	}
	return nil
}

// parameterRows encodes rows such as 1|a: integers, where each row has one, and
// text (ABI.md, section 5.3).
func parameterRows(rows []string) ([]byte, error) {
	cells := make([][]abi.Value, len(rows))
	var types []abi.Type
	for i, row := range rows {
		for k, cell := range strings.Split(row, "|") {
			v := abi.Value{Type: abi.TypeText, Bytes: []byte(cell)}
			if n, err := strconv.ParseInt(cell, 10, 64); err == nil {
				v = abi.Value{Type: abi.TypeInt64, Int: n}
			}
			cells[i] = append(cells[i], v)
			if i == 0 {
				types = append(types, v.Type)
			} else if k >= len(types) || types[k] != v.Type {
				return nil, fmt.Errorf("row %q is not like the first", row)
			}
		}
	}
	out, err := abi.AppendRowsetHeader(nil, types)
	for i := range cells {
		if err == nil {
			out, err = abi.AppendRow(out, types, cells[i])
		}
	}
	return out, err
}

func (g *guestWriter) bytes() []byte {
	run := len(g.imports)
	b := []byte("\x00asm\x01\x00\x00\x00")
	add := func(id byte, contents string) { b = append(append(b, id), vector(contents)...) }
	list := func(items []string) string {
		return string(binary.AppendUvarint(nil, uint64(len(items)))) + strings.Join(items, "")
	}
	add(1, list(append(g.types, "\x60\x02\x7f\x7f\x01\x7f")))
	var imports []string
	for i, h := range g.imports {
		imports = append(imports, vector(h.Module)+vector(h.Name)+"\x00"+string(binary.AppendUvarint(nil, uint64(i))))
	}
	add(2, list(imports))
	add(3, "\x01"+string(binary.AppendUvarint(nil, uint64(run))))
	add(5, "\x01\x00"+string(binary.AppendUvarint(nil, uint64((textsAt+len(g.texts))>>16+1))))
	add(7, "\x02"+vector(abi.ExportMemory)+"\x02\x00"+vector(abi.ExportRun)+"\x00"+string(binary.AppendUvarint(nil, uint64(run))))
	add(10, "\x01"+vector("\x01\x01\x7f"+string(g.code)+wasmEnd))
	add(11, "\x01\x00"+string(appendSigned([]byte{0x41}, textsAt))+"\x0b"+vector(string(g.texts)))
	return b
}

// appendSigned appends a number as LEB128.
func appendSigned(b []byte, n int) []byte {
	for {
		low := byte(n & 0x7f)
		n >>= 7
		if n == 0 && low&0x40 == 0 || n == -1 && low&0x40 != 0 {
			return append(b, low)
		}
		b = append(b, low|0x80)
	}
}
