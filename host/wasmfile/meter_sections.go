package wasmfile

// globals appends the fuel to the globals, whose values may name functions.
func (m *metering) globals(r *reader) []byte {
	n := 0
	if r.left() > 0 {
		n = r.count(4, maxGlobals, "globals")
	}
	out := appendU32(make([]byte, 0, r.left()+16), n+1)
	for range n {
		out = append(out, r.skip(2, "a global's type")...)
		out = m.constant(out, r)
	}
	return append(out, I64[0], 1, opI64Const, 0, opEnd)
}

// constant appends a constant expression with the new index of a function.
func (m *metering) constant(out []byte, r *reader) []byte {
	start := r.at
	m.file.readConst(r)
	if r.err != nil {
		return out
	}
	if r.b[start] == opRefFunc {
		in := &reader{b: r.b, at: start + 1, end: r.at, section: r.section}
		return append(appendU32(append(out, opRefFunc), m.function(in)), opEnd)
	}
	return append(out, r.b[start:r.at]...)
}

// function reads the index of a function and returns the new one. One that does
// not exist is refused: it would be one that Meter adds.
func (m *metering) function(r *reader) int {
	at := r.at
	i := int(r.u32("a function's index"))
	if r.err == nil && i >= m.file.importedFuncs+len(m.file.funcs) {
		r.fail(at, "function %d does not exist", i)
	}
	return m.shifted(i)
}

func (m *metering) exports(r *reader) []byte {
	out := appendU32(make([]byte, 0, r.left()+32), len(m.file.exports)+1)
	for _, e := range m.file.exports {
		index := e.index
		switch {
		case e.Name == FuelGlobal:
			r.fail(r.at, "%s is what the host calls an export of its own", FuelGlobal)
		case e.Kind == KindFunc:
			index = m.shifted(index)
		case e.Kind == KindGlobal && index >= m.file.globals:
			r.fail(r.at, "export %q is global %d, which does not exist", e.Name, index)
		}
		out = appendU32(append(appendName(out, e.Name), byte(e.Kind)), index)
	}
	return appendU32(append(appendName(out, FuelGlobal), byte(KindGlobal)), m.helpers.purse.global)
}

// memories gives the memory its maximum.
func (m *metering) memories() []byte {
	memory := m.file.memory
	if memory == nil {
		return nil
	}
	most := max(min(memory.Max, m.limits.Pages), memory.Min)
	return appendU32(appendU32([]byte{1, 1}, int(memory.Min)), int(most))
}

// tables gives every table a maximum: what is left of all entries is divided.
func (m *metering) tables(r *reader) []byte {
	if r.left() == 0 {
		return nil
	}
	n := r.count(3, maxTables, "tables")
	out := appendU32(nil, n)
	spare := uint64(0)
	if limit := uint64(m.limits.Entries); n > 0 && limit > m.file.entries {
		spare = (limit - m.file.entries) / uint64(n)
	}
	for range n {
		kind := r.byte("a table's type")
		low, high := m.file.readLimits(r, "a table", 1<<32-1)
		most := min(uint64(high), uint64(low)+spare)
		out = appendU32(appendU32(append(out, kind, 1), int(low)), int(most))
	}
	return out
}

// elements appends the element segments with the new indices of functions.
func (m *metering) elements(r *reader) []byte {
	if r.left() == 0 {
		return nil
	}
	n := r.count(3, maxSegments, "element segments")
	out := appendU32(make([]byte, 0, r.left()+r.left()/8), n)
	for range n {
		form := r.u32("an element segment")
		active, second, expressions := form&1 == 0, form&2 != 0, form&4 != 0
		out = appendU32(out, int(form))
		if active && second {
			out = appendU32(out, int(r.u32("a table's index")))
		}
		if active {
			out = m.constant(out, r)
		}
		if !active || second {
			out = append(out, r.byte("an element's kind"))
		}
		items := r.count(1, maxElements, "elements")
		out = appendU32(out, items)
		for i := 0; i < items && r.err == nil; i++ {
			if expressions {
				out = m.constant(out, r)
			} else {
				out = appendU32(out, m.function(r))
			}
		}
	}
	return out
}

// names appends the section of names, if the module has a good one: those of the
// module and of its functions, which stack traces show.
func (m *metering) names(out []byte) []byte {
	for i, s := range m.file.sections {
		if s.id != sectionCustom || !m.file.isNames(i) {
			continue
		}
		contents := appendName(nil, s.name)
		r := &reader{b: m.file.b, at: s.body, end: s.tail}
		for r.left() > 0 {
			id := r.byte("a subsection")
			body := r.skip(int(r.u32("its size")), "a subsection")
			switch id {
			case namesModule:
				contents = appendSection(contents, id, body)
			case namesFunctions:
				contents = appendSection(contents, id, m.functionNames(body))
			}
		}
		return appendSection(out, sectionCustom, contents)
	}
	return out
}

// functionNames returns the names of functions under their new indices. They are
// sorted by index, and stay so.
func (m *metering) functionNames(body []byte) []byte {
	r := &reader{b: body, end: len(body)}
	n := r.count(2, maxNames, "names")
	out := appendU32(make([]byte, 0, len(body)+len(body)/8), n)
	for range n {
		out = appendU32(out, m.shifted(int(r.u32("an index"))))
		out = appendName(out, r.name("a name"))
	}
	return out
}
