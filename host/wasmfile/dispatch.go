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
	local     uint32
	parts     []int // by the number, and at last that of all other numbers: places in the code, the first is 0
	now       int   // the part at hand; none before the first
	blocks    int   // the frame of the block before the first part; those of later parts are below
	shortcuts []shortcut
	back      []int // by part: the last one that branches back to it, or none
}

// A shortcut is a branch that goes to a later part.
type shortcut struct {
	from, to int
	edit     int
	label    int // what it was
}

// dispatches notes that the br_table at hand is a loop's dispatch, if it is one.
func (s *scan) dispatches(in *reader) {
	get, blocks := &s.last[0], len(s.frames)-1
	if in.err != nil || get.op != opLocalGet || get.at != s.frames[blocks].body {
		return
	}
	loop := blocks
	for ; s.frames[loop].plain && !s.frames[loop].loop; loop-- {
		if loop == 0 || s.frames[loop].at != s.frames[loop-1].body {
			return
		}
	}
	if !s.frames[loop].plain {
		return
	}
	d := &dispatch{local: get.index, now: none, blocks: blocks, back: slices.Repeat([]int{none}, blocks-loop)}
	for _, label := range append(slices.Clip(s.i.labels), s.i.index) {
		if int(label) >= blocks-loop {
			return
		}
		d.parts = append(d.parts, int(label))
	}
	s.frames[loop].dispatch = d
	for i := range s.frames[loop+1:] {
		s.frames[loop+1+i].before = d
	}
}

// shorten lets the branch at hand go straight to the part of a loop that it means, if
// that is one that is still to come.
func (s *scan) shorten(in *reader) {
	if in.err != nil {
		return
	}
	d, set, number := s.frames[len(s.frames)-1-int(s.i.index)].dispatch, &s.last[0], &s.last[1]
	if d == nil || set.op != opLocalSet || set.index != d.local || number.op != opI32Const {
		return
	}
	to := d.parts[min(int(uint32(number.constant)), len(d.parts)-1)]
	if to <= d.now {
		d.back[to] = d.now
		return
	}
	d.shortcuts = append(d.shortcuts, shortcut{from: d.now, to: to, edit: len(s.edits), label: int(s.i.index)})
	s.edits = append(s.edits, edit{at: s.i.args, length: in.at - s.i.args, kind: editIndex, n: len(s.frames) - 1 - (d.blocks - to)})
}

// leave takes back, at the end of a dispatch, the shortcuts into a loop of parts or
// out of one. Such a branch runs once for all rounds of the loop, and costs each of
// them: the variables that live in it come from two places then, or go to two.
func (d *dispatch) leave(edits []edit) {
	inner := make([]int, len(d.back)) // by part: where the innermost loop around it begins, or none
	var begun []int                   // loops that may not be over, the innermost last
	for p, end := range d.back {
		if end != none {
			begun = append(begun, p)
		}
		for len(begun) > 0 && d.back[begun[len(begun)-1]] < p {
			begun = begun[:len(begun)-1]
		}
		if inner[p] = none; len(begun) > 0 {
			inner[p] = begun[len(begun)-1]
		}
	}
	for _, b := range d.shortcuts {
		enters := inner[b.to] > b.from
		leaves := b.from != none && inner[b.from] != none && d.back[inner[b.from]] < b.to
		if enters || leaves {
			edits[b.edit].n = b.label
		}
	}
}
