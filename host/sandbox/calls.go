package sandbox

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"unicode/utf8"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// functions are the functions of ABI.md, section 3.
var functions = map[string]call{
	"context":        (*instance).context,
	"exec":           (*instance).exec,
	"exec_batch":     (*instance).execBatch,
	"query":          (*instance).query,
	"columns":        (*instance).columns,
	"rows_next":      (*instance).rowsNext,
	"rows_close":     (*instance).rowsClose,
	"value_read":     (*instance).valueRead,
	"row_skip":       (*instance).rowSkip,
	"bulk_load":      (*instance).bulkLoad,
	"schema_op":      (*instance).schemaOp,
	"savepoint":      (*instance).savepoint,
	"section_begin":  (*instance).sectionBegin,
	"section_end":    (*instance).sectionEnd,
	"backfill_begin": (*instance).backfillBegin,
	"backfill_next":  (*instance).backfillNext,
	"backfill_run":   (*instance).backfillRun,
	"phase":          (*instance).phase,
	"progress":       (*instance).progress,
	"log":            (*instance).log,
	"fail":           (*instance).fail,
	"error_read":     (*instance).errorRead,
	"describe":       (*instance).describe,
}

// affectsDatabase are the calls that the database hears of. If one succeeds, the
// guest has got over an earlier error.
var affectsDatabase = map[string]bool{
	"exec": true, "exec_batch": true, "query": true, "bulk_load": true, "schema_op": true, "savepoint": true,
	"section_begin": true, "section_end": true, "backfill_begin": true, "backfill_next": true, "backfill_run": true, "phase": true,
}

// move counts bytes that pass between guest and host.
func (in *instance) move(n int) error {
	in.pay(int64(n / bytesForFuel))
	if in.used.Bytes += int64(n); in.used.Bytes > in.opts.MaxBytes {
		return in.spent("%d bytes of statements, parameters and rows", in.opts.MaxBytes)
	}
	return nil
}

func (in *instance) context(a args) error {
	out := in.buffer(a.u32(0), a.u32(1), a.u32(2))
	return out.fill(abi.AppendContext(nil, &in.run.Context))
}

// statement reads a statement's text and counts what comes with it.
func (in *instance) statement(a args) (string, error) {
	sql, err := in.text("the statement", a.u32(0), a.u32(1))
	if err != nil {
		return "", err
	}
	in.trace.quote(sql)
	return sql, in.move(len(sql) + int(a.u32(3)))
}

// parameters reads a rowset of one row, or none. What it returns is a copy: a
// statement may be sent when the guest has gone on.
func (in *instance) parameters(a args, sql string) ([]abi.Value, error) {
	b := in.copied("the parameters", a.u32(2), a.u32(3))
	if len(b) == 0 {
		in.trace.values(nil)
		return nil, nil
	}
	rows, err := abi.NewRowReader(b)
	if err != nil {
		return nil, err
	}
	values, err := rows.Next()
	if err == io.EOF {
		return nil, refuse(abi.ErrnoArgument, "the parameters are a rowset without a row")
	}
	if err != nil {
		return nil, ofStatement(sql, err)
	}
	first := append([]abi.Value(nil), values...)
	if _, err := rows.Next(); err != io.EOF {
		return nil, refuse(abi.ErrnoArgument, "the parameters are more than one row: use exec_batch")
	}
	in.trace.values(first)
	return first, nil
}

// ofStatement says of a text that is none which statement it was for.
func ofStatement(sql string, err error) error {
	if text := (*abi.TextError)(nil); !errors.As(err, &text) {
		return err
	}
	const most = 60 // of what is said of it
	if short := []rune(sql); len(short) > most {
		sql = string(short[:most]) + "…"
	}
	return fmt.Errorf("a value for the statement %q: %w", sql, err)
}

func (in *instance) exec(a args) error {
	var affected slot
	if a.u32(5) != 0 {
		affected = in.slot("affected", a.u32(5), 8)
	}
	sql, err := in.statement(a)
	if err != nil {
		return err
	}
	params, err := in.parameters(a, sql)
	if err != nil {
		return err
	}
	flags := a.u32(4)
	if flags&^abi.FlagDefer != 0 {
		return refuse(abi.ErrnoArgument, "flags %#x: only DEFER is known", flags)
	}
	deferred := flags&abi.FlagDefer != 0
	if deferred {
		in.trace.word("defer")
	}
	n, err := in.calls.Exec(in.ctx, sql, params, deferred)
	if err != nil || deferred {
		return err
	}
	in.trace.result("%d affected", n)
	if affected != nil {
		affected.set64(uint64(n))
	}
	return nil
}

func (in *instance) execBatch(a args) error {
	var affected slot
	if a.u32(4) != 0 {
		affected = in.slot("affected", a.u32(4), 8)
	}
	rowset := in.borrowed("the rows", a.u32(2), a.u32(3))
	sql, err := in.statement(a)
	if err != nil {
		return err
	}
	rows, err := abi.NewRowReader(rowset)
	if err != nil {
		return err
	}
	in.trace.rowset(rowset)
	n, err := in.calls.ExecBatch(in.ctx, sql, rows)
	if err != nil {
		return ofStatement(sql, err)
	}
	in.trace.result("%d affected", n)
	if affected != nil {
		affected.set64(uint64(n))
	}
	return nil
}

func (in *instance) schemaOp(a args) error {
	document := in.copied("the operation", a.u32(0), a.u32(1))
	if err := in.move(len(document)); err != nil {
		return err
	}
	in.trace.quote(string(document))
	request, err := schema.Decode(document)
	if err != nil {
		return err
	}
	return in.calls.Schema(in.ctx, request)
}

func (in *instance) savepoint(a args) error {
	name, err := in.text("the savepoint's name", a.u32(1), a.u32(2))
	if err != nil {
		return err
	}
	op := a.u32(0)
	in.trace.word("%s", nameOf([]string{"set", "release", "rollback"}, op))
	in.trace.word("%s", name)
	if op > abi.SavepointRollback {
		return refuse(abi.ErrnoArgument, "savepoint operation %d: it is 0, 1 or 2", op)
	}
	if !abi.ValidSavepointName(name) {
		return refuse(abi.ErrnoArgument, "savepoint %q: a name is 1 to %d characters of a-z 0-9 _", name, abi.MaxSavepointName)
	}
	return in.calls.Savepoint(in.ctx, host.SavepointOp(op), name)
}

func (in *instance) sectionBegin(a args) error {
	state := in.slot("state", a.u32(3), 4)
	name, err := in.text("the section's name", a.u32(1), a.u32(2))
	if err != nil {
		return err
	}
	kind := a.u32(0)
	in.trace.word("%s", nameOf([]string{"transaction", "autocommit"}, kind))
	in.trace.quote(name)
	if kind > abi.SectionAutocommit {
		return refuse(abi.ErrnoArgument, "section kind %d: it is 0 or 1", kind)
	}
	if len(name) > abi.MaxSectionName {
		return refuse(abi.ErrnoArgument, "a section's name of %d bytes: at most %d are allowed", len(name), abi.MaxSectionName)
	}
	done, err := in.calls.SectionBegin(in.ctx, host.SectionKind(kind), name)
	if err != nil {
		return err
	}
	in.closeRows() // they belong to what was just committed
	var random *rand.ChaCha8
	if kind == abi.SectionTransaction {
		random = in.branch()
	}
	if done {
		in.trace.result("done")
		state.set32(abi.SectionDone)
		return nil
	}
	in.trace.result("run")
	in.section, in.transaction = true, kind == abi.SectionTransaction
	if random != nil { // another run may pass over the section
		in.outside, in.random = in.place(), random
	}
	in.uncommitted(false)
	state.set32(abi.SectionRun)
	return nil
}

func (in *instance) sectionEnd(args) error {
	if in.section {
		in.closeRows()
	}
	if err := in.calls.SectionEnd(in.ctx); err != nil {
		return err
	}
	in.back()
	in.uncommitted(in.transaction)
	in.section = false
	return nil
}

func (in *instance) progress(a args) error {
	done, total := int64(a[0]), int64(a[1])
	in.trace.word("%d %d", done, total)
	if done < 0 || total < 0 {
		return refuse(abi.ErrnoArgument, "progress %d of %d is negative", done, total)
	}
	in.calls.Progress(in.ctx, done, total)
	return nil
}

func (in *instance) log(a args) error {
	text, err := in.text("the text", a.u32(1), a.u32(2))
	if err != nil {
		return err
	}
	level := a.u32(0)
	in.trace.word("%s", nameOf([]string{"debug", "info", "warning", "error"}, level))
	in.trace.quote(text)
	if level > abi.LogError {
		return refuse(abi.ErrnoArgument, "log level %d: it is 0 to 3", level)
	}
	if err := in.logged(len(text)); err != nil {
		return err
	}
	in.calls.Log(in.ctx, host.LogLevel(level), text)
	return nil
}

// logged counts what goes to the log. A line costs something even if it is empty.
func (in *instance) logged(n int) error {
	const line = 16
	if in.used.Logged += int64(n) + line; in.used.Logged > in.opts.MaxLogBytes {
		return in.spent("%d bytes of log", in.opts.MaxLogBytes)
	}
	return nil
}

func (in *instance) fail(a args) error {
	b := in.view("the text", a.u32(0), a.u32(1))
	if len(b) > abi.MaxFail {
		end := abi.MaxFail
		for end > abi.MaxFail-utf8.UTFMax && !utf8.RuneStart(b[end]) {
			end--
		}
		b = b[:end]
	}
	if !abi.ValidText(b) {
		return refuse(abi.ErrnoArgument, "the text is not valid UTF-8, or holds a NUL")
	}
	in.failText = string(b)
	in.trace.quote(in.failText)
	return nil
}

func (in *instance) errorRead(a args) error {
	out := in.buffer(a.u32(0), a.u32(1), a.u32(2))
	return out.fill(abi.AppendError(nil, &in.last))
}

func (in *instance) describe(a args) error {
	if !in.describing {
		return refuse(abi.ErrnoState, "describe is called while a module is built, and at no other time")
	}
	if n := a.u32(1); n > abi.MaxManifest {
		return refuse(abi.ErrnoArgument, "a manifest of %d bytes is more than the limit of %d", n, abi.MaxManifest)
	}
	in.description = in.copied("the manifest", a.u32(0), a.u32(1))
	return nil
}

// nameOf returns what a number stands for, for the transcript.
func nameOf(names []string, i uint32) string {
	if int(i) < len(names) {
		return names[i]
	}
	return "unknown"
}
