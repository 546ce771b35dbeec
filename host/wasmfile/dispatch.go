package wasmfile

import "slices"

// A dispatch is what a loop begins with that goes on in one of its parts, by a number
// in a local:
//
//	loop  block block …  local.get  br_table  end …  end …  end
//
// Go's compiler makes a function of one: to branch, it sets the local and goes back to
// the loop. That takes many times what a branch takes, since all ways meet there: wazero
// stores and loads every variable of the function. A branch to a part that is still to
// come can be what it stands for instead, a branch to the end of the block before that
// part. The loop is not paid for again then: no part runs twice without going through
// its head, where all that was merged into it is paid.
type dispatch struct {
	local uint32
	parts []part // by the number, and at last the one of all other numbers
}

// A part begins where a block ends.
type part struct {
	frame int // the block's
	at    int // where the block is in the file
}

// dispatches notes that the br_table at hand is a loop's dispatch, if it is one.
func (s *scan) dispatches(in *reader) {
	get, innermost := &s.last[0], len(s.frames)-1
	if in.err != nil || get.op != opLocalGet || get.at != s.frames[innermost].body {
		return
	}
	loop := innermost
	for ; !s.frames[loop].loop; loop-- {
		if f := &s.frames[loop]; loop == 0 || !f.plain || f.at != s.frames[loop-1].body {
			return
		}
	}
	d := &dispatch{local: get.index}
	for _, label := range append(slices.Clip(s.i.labels), s.i.index) {
		frame := innermost - int(label)
		if frame <= loop {
			return
		}
		d.parts = append(d.parts, part{frame, s.frames[frame].at})
	}
	s.frames[loop].dispatch = d
}

// thread lets the branch at hand go straight to the part of a loop that it means, if
// that is one that is still to come.
func (s *scan) thread(in *reader) {
	if in.err != nil {
		return
	}
	d, set, number := s.frames[len(s.frames)-1-int(s.i.index)].dispatch, &s.last[0], &s.last[1]
	if d == nil || set.op != opLocalSet || set.index != d.local || number.op != opI32Const {
		return
	}
	p := d.parts[min(int(uint32(number.constant)), len(d.parts)-1)]
	if p.frame >= len(s.frames) || s.frames[p.frame].at != p.at {
		return
	}
	s.frames[p.frame].targeted = true
	s.edits = append(s.edits, edit{at: s.i.args, length: in.at - s.i.args, kind: editIndex, n: len(s.frames) - 1 - p.frame})
}
