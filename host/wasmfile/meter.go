package wasmfile

// What a metered module has beyond the one it was made of.
const (
	// FuelGlobal is the name under which it exports its fuel, an i64. It begins
	// at 0 and is what the guest may use up before it calls Refill; below zero,
	// it has used more.
	FuelGlobal = "sandpiper.fuel"

	// MeterModule is the module that it imports Refill from.
	MeterModule = "sandpiper.meter"

	// Refill is the function, without parameters and results, that it calls when
	// its fuel is below zero. It goes on when the function returns.
	Refill = "refill"
)

// Limits are what a metered module may grow to.
type Limits struct {
	Pages   uint32 // of memory, of 64 KiB each
	Entries uint32 // of all tables together
}

// Meter returns the module as it should be run: what Runnable gives, rewritten
// so that it pays fuel for what it does. Every function at its entry and every
// loop at its head pays and looks whether there is any left; other instructions
// are paid for by the last such place, or in between where ways part. What works
// on a length (memory.fill, table.grow …) pays by the length, and on memory it is
// done in pieces, so that no instruction runs for long. So the fuel that a guest
// uses depends on nothing but what it does, and follows the instructions that run.
//
// Memory and tables get a maximum, where they have none or a larger one. Branches of Go's
// compiler become faster ones, see dispatch.
//
// The module must have passed CheckCode. What is not valid in it is either
// refused here or still not valid in what is returned: indices of what Meter adds
// are refused, so that a guest cannot reach its own fuel.
func (f *File) Meter(limits Limits) ([]byte, error) {
	m := &metering{file: f, limits: limits}
	m.helpers = helpers{
		refill: f.importedFuncs,
		first:  f.importedFuncs + 1 + len(f.funcs),
		types:  len(f.types),
		purse:  purse{global: f.globals, local: noLocal},
	}
	code, err := m.code()
	if err != nil {
		return nil, err
	}
	out := append(make([]byte, 0, len(f.b)+len(f.b)/8+1024), magic...)
	for id := byte(sectionType); id <= sectionDataCount; id++ {
		id := orderedSections[id-1]
		s, _ := f.section(id)
		contents, err := m.section(id, s, code)
		if err != nil {
			return nil, err
		}
		if contents != nil {
			out = appendSection(out, id, contents)
		}
	}
	return m.names(out), nil
}

// orderedSections are the sections in the order in which they come.
var orderedSections = [...]byte{
	sectionType, sectionImport, sectionFunction, sectionTable, sectionMemory, sectionGlobal,
	sectionExport, sectionStart, sectionElement, sectionDataCount, sectionCode, sectionData,
}

// A metering is the rewriting of one module.
type metering struct {
	file    *File
	limits  Limits
	helpers helpers
}

// section finds a section that is not custom.
func (f *File) section(id byte) (s section, present bool) {
	for _, s := range f.sections {
		if s.id == id {
			return s, true
		}
	}
	return section{}, false
}

// section returns the new contents of a section. The section is zero if the
// module has none; nil contents leave it out.
func (m *metering) section(id byte, s section, code []byte) ([]byte, error) {
	f := m.file
	r := &reader{b: f.b, at: s.body, end: s.tail, section: sectionNames[id]}
	var out []byte
	switch id {
	case sectionType:
		out = m.helpers.appendTypes(more(r, helperTypes))
	case sectionImport:
		out = appendName(appendName(more(r, 1), MeterModule), Refill)
		out = appendU32(append(out, byte(KindFunc)), m.helpers.types+typeRefill)
	case sectionFunction:
		out = m.helpers.appendFunctions(more(r, len(m.helpers.used)))
	case sectionGlobal:
		out = m.globals(r)
	case sectionExport:
		out = m.exports(r)
	case sectionCode:
		return code, nil
	case sectionStart:
		if f.start >= 0 {
			out = appendU32(nil, m.shifted(f.start))
		}
	case sectionTable:
		out = m.tables(r)
	case sectionMemory:
		out = m.memories()
	case sectionElement:
		out = m.elements(r)
	default:
		if s.tail > s.body {
			return f.b[s.body:s.tail], nil
		}
	}
	if r.err != nil {
		return nil, r.err
	}
	return out, nil
}

// more begins the new contents of a section: those it has, counting n more.
func more(r *reader, n int) []byte {
	count := 0
	if r.left() > 0 {
		count = int(r.u32("a count"))
	}
	return append(appendU32(nil, count+n), r.b[r.at:r.end]...)
}

// shifted returns the new index of a function: Refill comes before the module's
// own.
func (m *metering) shifted(function int) int {
	if function >= m.file.importedFuncs {
		return function + 1
	}
	return function
}

// code returns the contents of the code section.
func (m *metering) code() ([]byte, error) {
	s, _ := m.file.section(sectionCode)
	r := &reader{b: m.file.b, at: s.body, end: s.tail, section: sectionNames[sectionCode]}
	bodies := 0
	if r.left() > 0 {
		bodies = r.count(3, maxFunctions, "function bodies")
	}
	sc := &scan{file: m.file, helpers: &m.helpers}
	functions := make([]byte, 0, (s.tail-s.body)*9/8)
	var body []byte
	for k := range bodies {
		parameters := len(m.file.types[m.file.funcs[k]].Params)
		m.file.readBody(r, func(in *reader, start, locals int) {
			sc.function(in, parameters, locals)
			if in.err == nil {
				body = m.body(body[:0], sc, start, in.end)
			}
		})
		if r.err != nil {
			return nil, r.err
		}
		functions = append(appendU32(functions, len(body)), body...)
	}
	added := m.helpers.appendBodies(nil)
	out := appendU32(make([]byte, 0, len(functions)+len(added)+8), bodies+len(m.helpers.used))
	return append(append(out, functions...), added...), nil
}

// body appends a function's body, from its locals on, with its edits made.
func (m *metering) body(out []byte, s *scan, from, to int) []byte {
	p := m.helpers.purse
	code := s.edits[0].at
	if s.loops {
		p.local = s.locals
		r := &reader{b: m.file.b, at: from, end: to}
		groups := int(r.u32("the number of groups of locals"))
		out = append(appendU32(out, groups+1), m.file.b[r.at:code]...)
		out = p.appendTake(append(out, 1, I64[0]))
		from = code
	}
	for _, e := range s.edits {
		if e.kind == editCharge && s.charges[e.n].merged {
			continue
		}
		out = append(out, m.file.b[from:e.at]...)
		from = e.at + e.length
		switch e.kind {
		case editIndex:
			out = appendU32(out, e.n)
		case editCall:
			out = appendU32(append(out, opCall), e.n)
		case editCalled:
			out = p.appendTake(out)
		case editCharge:
			out = p.appendPay(out, s.charges[e.n].amount)
			if s.charges[e.n].checks {
				out = p.appendCheck(out, m.helpers.refill)
			}
		}
	}
	return append(out, m.file.b[from:to]...)
}
