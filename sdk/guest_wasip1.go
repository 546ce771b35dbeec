package sdk

import (
	"io"
	"unicode/utf8"
	"unsafe"

	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// The functions of ABI.md, section 3. A string is passed as its pointer and
// its length.

//go:wasmimport sandpiper_1.0 context
func hostContext(buf unsafe.Pointer, size uint32, needed *uint32) int32

//go:wasmimport sandpiper_1.0 exec
func hostExec(sql string, params unsafe.Pointer, paramsLen, flags uint32, affected *int64) int32

//go:wasmimport sandpiper_1.0 exec_batch
func hostExecBatch(sql string, rows unsafe.Pointer, rowsLen uint32, affected *int64) int32

//go:wasmimport sandpiper_1.0 query
func hostQuery(sql string, params unsafe.Pointer, paramsLen uint32, handle *uint32) int32

//go:wasmimport sandpiper_1.0 bulk_load
func hostBulkLoad(document unsafe.Pointer, documentLen uint32, rows unsafe.Pointer, rowsLen uint32, affected *int64) int32

//go:wasmimport sandpiper_1.0 schema_op
func hostSchemaOp(document unsafe.Pointer, documentLen uint32) int32

//go:wasmimport sandpiper_1.0 savepoint
func hostSavepoint(op int32, name string) int32

//go:wasmimport sandpiper_1.0 section_begin
func hostSectionBegin(kind int32, name string, state *uint32) int32

//go:wasmimport sandpiper_1.0 section_end
func hostSectionEnd() int32

//go:wasmimport sandpiper_1.0 backfill_begin
func hostBackfillBegin(document unsafe.Pointer, documentLen uint32, state *uint32) int32

//go:wasmimport sandpiper_1.0 backfill_next
func hostBackfillNext(handle *uint32) int32

//go:wasmimport sandpiper_1.0 backfill_run
func hostBackfillRun(document unsafe.Pointer, documentLen uint32, affected *int64) int32

//go:wasmimport sandpiper_1.0 phase
func hostPhase(kind int32) int32

//go:wasmimport wasi_snapshot_preview1 random_get
func wasiRandomGet(buf unsafe.Pointer, size uint32) uint32

//go:wasmimport sandpiper_1.0 progress
func hostProgress(done, total int64) int32

//go:wasmimport sandpiper_1.0 log
func hostLog(level int32, text string) int32

//go:wasmimport sandpiper_1.0 fail
func hostFail(text string) int32

//go:wasmimport sandpiper_1.0 error_read
func hostErrorRead(buf unsafe.Pointer, size uint32, needed *uint32) int32

//go:wasmimport sandpiper_1.0 describe
func hostDescribe(text string) int32

// What the exports return.
const (
	complete = 0
	failed   = 1
)

//go:wasmexport sandpiper_run
func sandpiperRun(step, direction int32) int32 {
	if step < 0 || int(step) >= len(registered.migrations) {
		return fail("this module has no such step: its manifest is of another module")
	}
	dir := Upgrade
	if direction == abi.DirectionDowngrade {
		dir = Downgrade
	}
	if err := Run(new(host), registered.migrations[step], dir); err != nil {
		return fail(err.Error())
	}
	return complete
}

//go:wasmexport sandpiper_describe
func sandpiperDescribe() int32 {
	m, err := Manifest()
	if err != nil {
		return fail(err.Error())
	}
	if err := hostError(hostDescribe(string(abi.AppendManifest(nil, m)))); err != nil {
		return fail(err.Error())
	}
	return complete
}

func fail(text string) int32 {
	hostFail(clean(text))
	return failed
}

// clean makes text of whatever an error or a log line holds: the host refuses
// what is not UTF-8 or holds a NUL, and the reason of a failure must not be lost.
func clean(s string) string {
	if abi.ValidText([]byte(s)) {
		return s
	}
	var b []byte
	for _, c := range s {
		if c == 0 {
			c = utf8.RuneError
		}
		b = utf8.AppendRune(b, c)
	}
	return string(b)
}

// host is the Backend in a module.
type host struct {
	params []byte     // of the statement at hand, reused
	types  []abi.Type // of the parameters, reused
	spare  []byte     // what is free of the memory that rows cross into
}

func (h *host) Context() (*abi.Context, error) {
	b, err := filled(hostContext)
	if err != nil {
		return nil, err
	}
	return abi.DecodeContext(b)
}

func (h *host) Exec(sql string, params []abi.Value, deferred bool) (int64, error) {
	if err := h.encode(params); err != nil {
		return 0, err
	}
	var flags uint32
	if deferred {
		flags = abi.FlagDefer
	}
	var affected int64
	err := hostError(hostExec(sql, pointer(h.params), uint32(len(h.params)), flags, &affected))
	return affected, err
}

func (h *host) ExecBatch(sql string, rowset []byte) (int64, error) {
	var affected int64
	err := hostError(hostExecBatch(sql, pointer(rowset), uint32(len(rowset)), &affected))
	return affected, err
}

func (h *host) Query(sql string, params []abi.Value) (Cursor, error) {
	if err := h.encode(params); err != nil {
		return nil, err
	}
	var handle uint32
	if err := hostError(hostQuery(sql, pointer(h.params), uint32(len(h.params)), &handle)); err != nil {
		return nil, err
	}
	return h.cursor(handle), nil
}

func (h *host) Load(document, rowset []byte) (int64, error) {
	var affected int64
	err := hostError(hostBulkLoad(pointer(document), uint32(len(document)), pointer(rowset), uint32(len(rowset)), &affected))
	return affected, err
}

func (h *host) Schema(document []byte) error {
	return hostError(hostSchemaOp(pointer(document), uint32(len(document))))
}

func (h *host) Savepoint(op int32, name string) error {
	return hostError(hostSavepoint(op, name))
}

func (h *host) SectionBegin(kind int32, name string) (bool, error) {
	var state uint32
	err := hostError(hostSectionBegin(kind, name, &state))
	return state == abi.SectionDone, err
}

func (h *host) SectionEnd() error { return hostError(hostSectionEnd()) }

func (h *host) BackfillBegin(document []byte) (bool, error) {
	var state uint32
	err := hostError(hostBackfillBegin(pointer(document), uint32(len(document)), &state))
	return state == abi.SectionDone, err
}

func (h *host) BackfillNext() (Cursor, error) {
	var handle uint32
	errno := hostBackfillNext(&handle)
	if abi.Errno(errno) == abi.ErrnoEnd {
		return nil, io.EOF
	}
	if err := hostError(errno); err != nil {
		return nil, err
	}
	return h.cursor(handle), nil
}

func (h *host) BackfillRun(document []byte) (int64, error) {
	var affected int64
	err := hostError(hostBackfillRun(pointer(document), uint32(len(document)), &affected))
	return affected, err
}

func (h *host) Phase(p Phase) error { return hostError(hostPhase(int32(p))) }

func (h *host) Random(b []byte) error {
	if wasiRandomGet(pointer(b), uint32(len(b))) != 0 {
		return &Error{Errno: ErrUnsupported, Message: "the host has no random bytes"}
	}
	return nil
}

func (h *host) Progress(done, total int64) error { return hostError(hostProgress(done, total)) }

func (h *host) Log(level int32, text string) error { return hostError(hostLog(level, clean(text))) }

// encode makes a rowset of one row of the parameters; of none, nothing.
func (h *host) encode(params []abi.Value) error {
	h.params = h.params[:0]
	if len(params) == 0 {
		return nil
	}
	h.types = h.types[:0]
	for i := range params {
		h.types = append(h.types, params[i].Type)
	}
	var err error
	if h.params, err = abi.AppendRowsetHeader(h.params, h.types); err == nil {
		h.params, err = abi.AppendRow(h.params, h.types, params)
	}
	if err != nil {
		return argumentError(err.Error())
	}
	return nil
}

// filled calls a function that fills a buffer, with one that is large enough.
func filled(call func(buf unsafe.Pointer, size uint32, needed *uint32) int32) ([]byte, error) {
	buf := make([]byte, 512)
	for {
		var needed uint32
		errno := abi.Errno(call(pointer(buf), uint32(len(buf)), &needed))
		switch {
		case errno == abi.ErrnoTooSmall && int(needed) > len(buf):
			buf = make([]byte, needed)
		case errno != abi.ErrnoOK:
			return nil, hostError(int32(errno))
		case int(needed) > len(buf):
			return nil, &Error{Errno: ErrArgument, Message: "the host wrote more than fits"}
		default:
			return buf[:needed], nil
		}
	}
}

// hostError returns what the host says of an errno that is not OK.
func hostError(code int32) error {
	errno := abi.Errno(code)
	if errno == abi.ErrnoOK {
		return nil
	}
	e := &Error{Errno: errno}
	buf := make([]byte, 1024)
	var needed uint32
	again := abi.Errno(hostErrorRead(pointer(buf), uint32(len(buf)), &needed))
	if again == abi.ErrnoTooSmall && needed <= abi.MaxDocument {
		buf = make([]byte, needed)
		again = abi.Errno(hostErrorRead(pointer(buf), uint32(len(buf)), &needed))
	}
	if again != abi.ErrnoOK || int(needed) > len(buf) {
		return e // the errno is all there is
	}
	// A document that cannot be read, or that is of another error, says nothing.
	if d, err := abi.DecodeError(buf[:needed]); err == nil && d.Errno == errno {
		e.Code, e.Message, e.Detail, e.Hint, e.Position = d.Code, d.Message, d.Detail, d.Hint, d.Position
	}
	return e
}

func pointer(b []byte) unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(b)) }
