package sandbox

import (
	"io"
	"math/rand/v2"

	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// backfillDocument reads what a backfill is to be. with says whether it has a
// statement.
func (in *instance) backfillDocument(a args, with bool) (*abi.Backfill, error) {
	document := in.view("the backfill", a.u32(0), a.u32(1))
	if err := in.move(len(document)); err != nil {
		return nil, err
	}
	in.trace.quote(string(document))
	b, err := abi.DecodeBackfill(document)
	switch {
	case err != nil:
		return nil, err
	case with && b.Statement == "":
		return nil, refuse(abi.ErrnoArgument, "backfill %q has no statement: its chunks are for backfill_begin and backfill_next", b.Name)
	case !with && b.Statement != "":
		return nil, refuse(abi.ErrnoArgument, "backfill %q has a statement, which is for backfill_run", b.Name)
	}
	return b, nil
}

func (in *instance) backfillBegin(a args) error {
	state := in.slot("state", a.u32(2), 4)
	b, err := in.backfillDocument(a, false)
	if err != nil {
		return err
	}
	done, err := in.calls.BackfillBegin(in.ctx, b)
	if err != nil {
		return err
	}
	in.closeRows() // they belong to what was just committed
	if done {
		in.trace.result("done")
		state.set32(abi.SectionDone)
		return nil
	}
	in.trace.result("run")
	in.backfill, in.outside = true, in.place()
	in.uncommitted(false)
	in.tiers.improve()
	state.set32(abi.SectionRun)
	return nil
}

func (in *instance) backfillNext(a args) error {
	handle := in.slot("handle", a.u32(0), 4)
	if c := in.chunk; c != nil && (c.ended != io.EOF || c.fetched) {
		return refuse(abi.ErrnoState, "the rows of the chunk were not read to their end: the checkpoint would lie behind rows that nobody has seen")
	}
	if in.backfill {
		in.closeRows()
	}
	in.uncommitted(in.chunk != nil)
	leave := in.leaveAtChunk()
	chunk, err := in.calls.BackfillNext(in.ctx, leave)
	if leave && err != nil {
		in.interim.ended = true
	}
	if err == io.EOF {
		in.back()
		in.backfill, in.chunk = false, nil
		handle.set32(0)
		return abi.ErrnoEnd
	}
	if err != nil {
		return err
	}
	in.random = rand.NewChaCha8(chunk.Seed)
	in.chunk = in.give(chunk.Rows, handle)
	return nil
}

func (in *instance) backfillRun(a args) error {
	var affected slot
	if a.u32(2) != 0 {
		affected = in.slot("affected", a.u32(2), 8)
	}
	b, err := in.backfillDocument(a, true)
	if err != nil {
		return err
	}
	n, err := in.calls.BackfillRun(in.ctx, b)
	if err != nil {
		return err
	}
	in.uncommitted(false)
	in.closeRows()
	in.trace.result("%d affected", n)
	if affected != nil {
		affected.set64(uint64(n))
	}
	return nil
}

func (in *instance) phase(a args) error {
	kind := a.u32(0)
	if kind > uint32(abi.PhaseContract) {
		in.trace.word("unknown")
		return refuse(abi.ErrnoArgument, "phase %d: it is 0, 1 or 2", kind)
	}
	in.trace.word("%s", abi.Phase(kind))
	if err := in.calls.Phase(in.ctx, abi.Phase(kind)); err != nil {
		return err
	}
	in.uncommitted(false)
	in.closeRows()
	return nil
}

func (in *instance) bulkLoad(a args) error {
	var affected slot
	if a.u32(4) != 0 {
		affected = in.slot("affected", a.u32(4), 8)
	}
	document := in.view("the load", a.u32(0), a.u32(1))
	rowset := in.copied("the rows", a.u32(2), a.u32(3))
	if err := in.move(len(document) + len(rowset)); err != nil {
		return err
	}
	in.trace.quote(string(document))
	to, err := abi.DecodeLoad(document)
	if err != nil {
		return err
	}
	rows, err := abi.NewRowReader(rowset)
	if err != nil {
		return err
	}
	in.trace.rowset(rowset)
	if n := len(rows.Types()); n != len(to.Columns) {
		return refuse(abi.ErrnoArgument, "rows of %d columns for %d columns of %q", n, len(to.Columns), to.Table)
	}
	n, err := in.calls.Load(in.ctx, to, rows)
	if err != nil {
		return err
	}
	in.trace.result("%d affected", n)
	if affected != nil {
		affected.set64(uint64(n))
	}
	return nil
}
