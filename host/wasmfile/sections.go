package wasmfile

// The sections, with their ids (section 5.5.2).
const (
	sectionCustom    = 0
	sectionType      = 1
	sectionImport    = 2
	sectionFunction  = 3
	sectionTable     = 4
	sectionMemory    = 5
	sectionGlobal    = 6
	sectionExport    = 7
	sectionStart     = 8
	sectionElement   = 9
	sectionCode      = 10
	sectionData      = 11
	sectionDataCount = 12
	sectionTag       = 13
)

var sectionNames = [...]string{
	"custom section", "type section", "import section", "function section", "table section",
	"memory section", "global section", "export section", "start section", "element section",
	"code section", "data section", "data count section",
}

// sectionOrder is the order in which sections come; each at most once, but for
// custom sections, which may stand anywhere.
var sectionOrder = [...]int{
	sectionType: 1, sectionImport: 2, sectionFunction: 3, sectionTable: 4, sectionMemory: 5,
	sectionGlobal: 6, sectionExport: 7, sectionStart: 8, sectionElement: 9,
	sectionDataCount: 10, sectionCode: 11, sectionData: 12,
}

// walk reads all sections.
func (f *File) walk() error {
	r := &reader{b: f.b, at: len(magic), end: len(f.b)}
	before, customs := 0, 0
	for r.err == nil && r.left() > 0 {
		s := section{start: r.at}
		s.id = r.byte("a section")
		if int(s.id) >= len(sectionNames) {
			if s.id == sectionTag {
				r.fail(s.start, "exceptions are not part of ABI 1.0")
			} else {
				r.fail(s.start, "unknown section %d", s.id)
			}
			break
		}
		r.section = sectionNames[s.id]
		size := r.u32("its size")
		s.body = r.at
		r.skip(int(size), "the section")
		s.tail = r.at
		if r.err != nil {
			break
		}
		in := &reader{b: f.b, at: s.body, end: s.tail, section: r.section}
		if s.id == sectionCustom {
			if customs++; customs > maxCustom {
				r.fail(s.start, "more than %d of them", maxCustom)
				break
			}
			s.name = in.name("its name")
			s.body = in.at
		} else {
			order := sectionOrder[s.id]
			if order <= before {
				r.fail(s.start, "it is there twice, or after a section that it must precede")
				break
			}
			before = order
			f.read(s.id, in)
			in.done()
		}
		if in.err != nil {
			return in.err
		}
		f.sections = append(f.sections, s)
		r.section = ""
	}
	if r.err == nil {
		f.whole(r)
	}
	if r.err != nil {
		return r.err
	}
	return nil
}

// whole checks what sections say of each other.
func (f *File) whole(r *reader) {
	switch {
	case f.bodies != len(f.funcs):
		r.fail(r.at, "%d functions are declared and %d are there", len(f.funcs), f.bodies)
	case f.declared >= 0 && f.declared != f.segments:
		r.fail(r.at, "%d data segments are declared and %d are there", f.declared, f.segments)
	case f.start >= f.importedFuncs+len(f.funcs):
		r.fail(r.at, "the start function %d does not exist", f.start)
	}
}

// read reads one section that is not custom.
func (f *File) read(id byte, r *reader) {
	switch id {
	case sectionType:
		f.readTypes(r)
	case sectionImport:
		f.readImports(r)
	case sectionFunction:
		n := r.count(1, maxFunctions, "functions")
		f.funcs = make([]uint32, 0, n)
		for range n {
			f.funcs = append(f.funcs, f.typeIndex(r))
		}
	case sectionTable:
		n := r.count(3, maxTables, "tables")
		for range n {
			f.readTable(r)
		}
	case sectionMemory:
		n := r.count(2, 1, "memories")
		for range n {
			m := f.readMemory(r)
			f.memory = &m
		}
	case sectionGlobal:
		n := r.count(4, maxGlobals, "globals")
		f.globals += n
		for range n {
			f.readGlobalType(r)
			f.readConst(r)
		}
	case sectionExport:
		f.readExports(r)
	case sectionStart:
		f.start = int(r.u32("the function"))
	case sectionElement:
		f.readElements(r)
	case sectionDataCount:
		f.declared = int(r.u32("the number of data segments"))
	case sectionCode:
		f.readCode(r)
	case sectionData:
		f.readData(r)
	}
}

func (f *File) readTypes(r *reader) {
	n := r.count(3, maxTypes, "types")
	f.types = make([]FuncType, 0, n)
	for range n {
		at := r.at
		if form := r.byte("a type"); r.err == nil && form != 0x60 {
			r.fail(at, "a type of form %#x: only function types are part of ABI 1.0", form)
		}
		params := f.readTypeList(r, "parameters")
		f.types = append(f.types, FuncType{params, f.readTypeList(r, "results")})
	}
}

func (f *File) readTypeList(r *reader, what string) Types {
	at := r.at
	list := r.skip(r.count(1, maxValues, what), what)
	for _, t := range list {
		f.checkType(r, at, t)
	}
	return Types(list)
}

func (f *File) checkType(r *reader, at int, t byte) {
	if r.err != nil {
		return
	}
	if _, ok := typeNames[t]; !ok {
		r.fail(at, "unknown type of value %#x", t)
	}
}

// typeIndex reads the index of a function type.
func (f *File) typeIndex(r *reader) uint32 {
	at := r.at
	i := r.u32("a type's index")
	if r.err == nil && uint64(i) >= uint64(len(f.types)) {
		r.fail(at, "type %d does not exist", i)
		return 0
	}
	return i
}

func (f *File) readImports(r *reader) {
	n := r.count(4, maxImports, "imports")
	for range n {
		i := Import{Module: r.name("an import's module"), Name: r.name("an import's name")}
		at := r.at
		i.Kind = Kind(r.byte("an import's kind"))
		switch i.Kind {
		case KindFunc:
			if t := f.typeIndex(r); r.err == nil {
				i.Type = f.types[t]
			}
			f.importedFuncs++
		case KindTable:
			f.readTable(r)
		case KindMemory:
			f.readMemory(r)
		case KindGlobal:
			f.globals++
			f.readGlobalType(r)
		default:
			r.fail(at, "unknown kind of import %#x", byte(i.Kind))
		}
		f.imports = append(f.imports, i)
	}
}

func (f *File) readTable(r *reader) {
	at := r.at
	if t := r.byte("a table's type"); r.err == nil && t != 0x70 && t != 0x6f {
		r.fail(at, "a table of type %#x, which is not part of ABI 1.0", t)
	}
	at = r.at
	low, _ := f.readLimits(r, "a table", 1<<32-1)
	if f.entries += uint64(low); f.entries > maxTableSize {
		r.fail(at, "tables of more than %d entries", maxTableSize)
	}
}

func (f *File) readMemory(r *reader) Memory {
	at := r.at
	low, high := f.readLimits(r, "a memory", maxPages)
	if low > maxPages || high > maxPages {
		r.fail(at, "a memory of more than 65,536 pages")
	}
	return Memory{Min: low, Max: high}
}

// readLimits reads limits (section 5.3.7).
func (f *File) readLimits(r *reader, what string, unlimited uint32) (low, high uint32) {
	at := r.at
	flag := r.byte(what)
	high = unlimited
	switch {
	case r.err != nil:
		return 0, 0
	case flag > 1:
		r.fail(at, "%s with limits of kind %#x: shared and 64-bit memories are not part of ABI 1.0", what, flag)
		return 0, 0
	}
	low = r.u32(what + "'s minimum")
	if flag == 1 {
		high = r.u32(what + "'s maximum")
	}
	if r.err == nil && flag == 1 && high < low {
		r.fail(at, "%s whose maximum is below its minimum", what)
	}
	return low, high
}

func (f *File) readGlobalType(r *reader) {
	at := r.at
	f.checkType(r, at, r.byte("a global's type"))
	at = r.at
	if mutable := r.byte("a global's mutability"); mutable > 1 {
		r.fail(at, "a global that is neither constant nor variable: %#x", mutable)
	}
}

// readConst reads a constant expression: one instruction and an end (section
// 3.3.10).
func (f *File) readConst(r *reader) {
	const what = "a constant expression"
	at := r.at
	switch op := r.byte(what); op {
	case 0x41:
		r.signed(32, what)
	case 0x42:
		r.signed(64, what)
	case 0x43:
		r.skip(4, what)
	case 0x44:
		r.skip(8, what)
	case opGlobalGet, opRefFunc:
		r.u32(what)
	case opRefNull:
		f.checkType(r, at, r.byte(what))
	case opVector: // v128.const
		if sub := r.u32(what); r.err == nil && sub != 12 {
			r.fail(at, "an instruction that is not constant in a constant expression")
		}
		r.skip(16, what)
	default:
		r.fail(at, "instruction %#x in a constant expression", op)
	}
	at = r.at
	if end := r.byte(what); r.err == nil && end != 0x0b {
		r.fail(at, "a constant expression of more than one instruction")
	}
}

func (f *File) readExports(r *reader) {
	n := r.count(3, maxExports, "exports")
	seen := make(map[string]struct{}, n)
	for range n {
		at := r.at
		e := Export{Name: r.name("an export's name")}
		if _, ok := seen[e.Name]; ok && r.err == nil {
			r.fail(at, "two exports called %q", e.Name)
		}
		seen[e.Name] = struct{}{}
		at = r.at
		e.Kind = Kind(r.byte("an export's kind"))
		e.index = int(r.u32("an export's index"))
		if r.err != nil {
			return
		}
		if e.Kind > KindGlobal {
			r.fail(at, "unknown kind of export %#x", byte(e.Kind))
		} else if e.Kind == KindFunc {
			var ok bool
			if e.Type, ok = f.funcType(e.index); !ok {
				r.fail(at, "export %q is function %d, which does not exist", e.Name, e.index)
			}
		}
		f.exports = append(f.exports, e)
	}
}

// funcType returns the type of a function, imported or not.
func (f *File) funcType(index int) (FuncType, bool) {
	if index >= f.importedFuncs {
		if index -= f.importedFuncs; index >= len(f.funcs) {
			return FuncType{}, false
		}
		return f.types[f.funcs[index]], true
	}
	for _, i := range f.imports {
		if i.Kind == KindFunc {
			if index == 0 {
				return i.Type, true
			}
			index--
		}
	}
	return FuncType{}, false
}
