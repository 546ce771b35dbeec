package wasmfile

// readElements reads the element section (section 5.5.12). Its eight forms come
// of three bits: 1 says that the segment is not active, 2 that it names a table
// (or, not active, that it is declarative), 4 that it holds expressions.
func (f *File) readElements(r *reader) {
	n := r.count(3, maxSegments, "element segments")
	total := 0
	for range n {
		at := r.at
		form := r.u32("an element segment")
		if form > 7 {
			r.fail(at, "an element segment of form %d", form)
			return
		}
		active, second, expressions := form&1 == 0, form&2 != 0, form&4 != 0
		if active && second {
			r.u32("a table's index")
		}
		if active {
			f.readConst(r)
		}
		if !active || second {
			at = r.at
			kind := r.byte("an element's kind")
			if expressions {
				f.checkType(r, at, kind)
			} else if kind != 0 {
				r.fail(at, "elements of kind %#x", kind)
			}
		}
		smallest := 1
		if expressions {
			smallest = 3
		}
		items := r.count(smallest, maxElements, "elements")
		if total += items; total > maxElements {
			r.fail(at, "more than %d elements", maxElements)
		}
		for i := 0; i < items && r.err == nil; i++ {
			if expressions {
				f.readConst(r)
			} else {
				r.u32("an element")
			}
		}
	}
}

// readCode reads the sizes and the locals of the functions' bodies (section
// 5.5.13). What they do is not looked at.
func (f *File) readCode(r *reader) {
	f.bodies = r.count(3, maxFunctions, "function bodies")
	for range f.bodies {
		f.readBody(r, nil)
	}
}

// readBody reads one function body and calls visit with its instructions, as a
// reader that ends where they do, and with where its locals begin.
func (f *File) readBody(r *reader, visit func(in *reader, start, locals int)) {
	const what = "a function body"
	size := r.u32("the size of " + what)
	start := r.at
	body := r.skip(int(size), what)
	if r.err != nil {
		return
	}
	if len(body) == 0 || body[len(body)-1] != 0x0b {
		r.fail(start, "a function body that does not end with an end")
		return
	}
	in := &reader{b: f.b, at: start, end: r.at, section: r.section}
	groups := in.count(2, len(body), "groups of locals")
	locals := 0
	for range groups {
		at := in.at
		n := in.u32("the number of locals")
		f.checkType(in, at, in.byte("a local's type"))
		if n > maxLocals || locals+int(n) > maxLocals {
			in.fail(at, "more than %d locals in a function", maxLocals)
			break
		}
		locals += int(n)
	}
	if in.err == nil && visit != nil {
		visit(in, start, locals)
	}
	if in.err != nil {
		r.fail(in.err.Offset, "%s", in.err.Reason)
	}
}

// readData reads the data section (section 5.5.14).
func (f *File) readData(r *reader) {
	f.segments = r.count(2, maxSegments, "data segments")
	for range f.segments {
		at := r.at
		form := r.u32("a data segment")
		switch form {
		case 0:
			f.readConst(r)
		case 1: // passive
		case 2:
			if memory := r.u32("a memory's index"); memory != 0 {
				r.fail(at, "a data segment for memory %d", memory)
			}
			f.readConst(r)
		default:
			r.fail(at, "a data segment of form %d", form)
		}
		r.skip(int(r.u32("the size of a data segment")), "a data segment")
	}
}

// The subsections of the section of names that are looked into (section 7.4.1,
// and the appendix on custom sections).
const (
	namesModule    = 0
	namesFunctions = 1
	namesLocals    = 2
)

// isNames reports whether section i is the module's section of names, the first
// of that kind, and well-formed (section 7.4.1). The standard wants a malformed
// one ignored rather than the module refused.
func (f *File) isNames(i int) bool {
	const name = "name"
	if f.sections[i].name != name {
		return false
	}
	for _, s := range f.sections[:i] {
		if s.id == sectionCustom && s.name == name {
			return false
		}
	}
	s := f.sections[i]
	r := &reader{b: f.b, at: s.body, end: s.tail}
	total := 0
	pairs := func(in *reader) {
		n := in.count(2, maxNames, "names")
		if total += n; total > maxNames {
			in.fail(in.at, "too many names")
		}
		for i := 0; i < n && in.err == nil; i++ {
			in.u32("an index")
			in.name("a name")
		}
	}
	before := -1
	for r.err == nil && r.left() > 0 {
		id := int(r.byte("a subsection"))
		size := r.u32("its size")
		in := &reader{b: f.b, at: r.at}
		r.skip(int(size), "a subsection")
		in.end = r.at
		if id <= before {
			return false
		}
		before = id
		switch id {
		case namesModule:
			in.name("a name")
			in.done()
		case namesFunctions:
			pairs(in)
			in.done()
		case namesLocals:
			n := in.count(2, maxNames, "names")
			if total += n; total > maxNames {
				return false
			}
			for i := 0; i < n && in.err == nil; i++ {
				in.u32("an index")
				pairs(in)
			}
			in.done()
		}
		if in.err != nil {
			return false
		}
	}
	return r.err == nil
}
