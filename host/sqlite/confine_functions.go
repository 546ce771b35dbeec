package sqlite

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/ncruces/go-sqlite3"
)

// SQLite looks at the clock after so many instructions, and a call of a function
// is one. Some of its own functions take time that grows with the square of their
// arguments: seconds at the length that a plugin's values may have, and so past
// any deadline. On a connection behind walls these stand in for them, with the
// same results (https://sqlite.org/lang_corefunc.html). They look at the clock
// themselves. What is lost is that LIKE can use an index.

// patchable is how many pairs of labels json_patch may compare. SQLite looks
// for each label of the patch among all of the target.
const patchable = 4 << 20

// standIns registers them. They take nothing but their arguments, so that
// indexes and checks may use them.
func standIns(c *sqlite3.Conn, patch *patcher) error {
	const flags = sqlite3.DETERMINISTIC | sqlite3.INNOCUOUS
	for _, f := range []struct {
		name  string
		args  int
		flags sqlite3.FunctionFlag
		fn    sqlite3.ScalarFunction
	}{
		{"instr", 2, flags, instr},
		{"replace", 3, flags, replace},
		{"trim", 2, flags, trimming(true, true)},
		{"ltrim", 2, flags, trimming(true, false)},
		{"rtrim", 2, flags, trimming(false, true)},
		{"like", 2, flags, like},
		{"like", 3, flags, like},
		{"glob", 2, flags, glob},
		{"unhex", 2, flags, unhexRest},
		{"json_patch", 2, flags | sqlite3.RESULT_SUBTYPE, patch.text},
		{"jsonb_patch", 2, flags, patch.binary},
	} {
		timely := func(ctx sqlite3.Context, arg ...sqlite3.Value) {
			if !interrupted(ctx) {
				f.fn(ctx, arg...)
			}
		}
		if err := c.CreateFunction(f.name, f.args, f.flags, timely); err != nil {
			return err
		}
	}
	return nil
}

// interrupted ends the statement if its time is over.
func interrupted(ctx sqlite3.Context) bool {
	if ctx.Conn().GetInterrupt().Err() == nil {
		return false
	}
	ctx.ResultError(sqlite3.INTERRUPT)
	return true
}

// content returns the bytes of a value as text. Those of a blob are taken as
// they are, and stay a blob for whoever looks at the value next.
func content(v sqlite3.Value) []byte {
	text := v.RawText
	if v.Type() == sqlite3.BLOB {
		text = v.RawBlob
	}
	return append([]byte{}, text()...) // a nil slice would be NULL
}

func anyNull(arg []sqlite3.Value) bool {
	for _, v := range arg {
		if v.Type() == sqlite3.NULL {
			return true
		}
	}
	return false
}

// A finder finds a text in others, in time that grows with their length alone.
type finder struct {
	want []byte
	fail []int32 // of Knuth, Morris and Pratt, for a long text
}

// short is the length up to which a search by hardware is as good as linear.
const short = 64

func newFinder(want []byte) *finder {
	f := &finder{want: want}
	if len(want) <= short {
		return f
	}
	f.fail = make([]int32, len(want))
	for i, k := 1, int32(0); i < len(want); i++ {
		for k > 0 && want[i] != want[k] {
			k = f.fail[k-1]
		}
		if want[i] == want[k] {
			k++
		}
		f.fail[i] = k
	}
	return f
}

// next returns where the text is next, at from or after it, or -1.
func (f *finder) next(s []byte, from int) int {
	if f.fail == nil {
		if i := bytes.Index(s[from:], f.want); i >= 0 {
			return from + i
		}
		return -1
	}
	k := int32(0)
	for i := from; i < len(s); i++ {
		for k > 0 && s[i] != f.want[k] {
			k = f.fail[k-1]
		}
		if s[i] == f.want[k] {
			k++
		}
		if int(k) == len(f.want) {
			return i + 1 - len(f.want)
		}
	}
	return -1
}

// inside reports whether a byte is one of a character that began before it.
func inside(b byte) bool { return b&0xc0 == 0x80 }

// instr counts bytes if both are blobs, else characters.
func instr(ctx sqlite3.Context, arg ...sqlite3.Value) {
	if anyNull(arg) {
		return
	}
	text := arg[0].Type() != sqlite3.BLOB || arg[1].Type() != sqlite3.BLOB
	s, want := content(arg[0]), content(arg[1])
	if len(want) == 0 {
		ctx.ResultInt(1)
		return
	}
	if text && inside(want[0]) { // not UTF-8, and nowhere but at the beginning of a text a character of its own
		if bytes.HasPrefix(s, want) {
			ctx.ResultInt(1)
		} else {
			ctx.ResultInt(0)
		}
		return
	}
	at := newFinder(want).next(s, 0)
	n := at + 1
	if text {
		for _, b := range s[:max(at, 0)] {
			if inside(b) {
				n--
			}
		}
		if at > 0 && inside(s[0]) {
			n++ // what a text begins with counts
		}
	}
	ctx.ResultInt(n)
}

func replace(ctx sqlite3.Context, arg ...sqlite3.Value) {
	if arg[0].Type() == sqlite3.NULL || arg[1].Type() == sqlite3.NULL {
		return
	}
	s, want := content(arg[0]), content(arg[1])
	if len(want) == 0 || want[0] == 0 {
		ctx.ResultRawText(s)
		return
	}
	if arg[2].Type() == sqlite3.NULL {
		return
	}
	with := content(arg[2])
	most := ctx.Conn().Limit(sqlite3.LIMIT_LENGTH, -1)
	f, out, done := newFinder(want), make([]byte, 0, len(s)), 0
	for at := f.next(s, 0); at >= 0; at = f.next(s, done) {
		if len(out)+at-done+len(with) > most {
			ctx.ResultError(sqlite3.TOOBIG)
			return
		}
		out = append(append(out, s[done:at]...), with...)
		done = at + len(want)
	}
	ctx.ResultRawText(append(out, s[done:]...))
}

// trimming returns trim, ltrim or rtrim with a set of characters, which ends at
// a NUL.
func trimming(left, right bool) sqlite3.ScalarFunction {
	return func(ctx sqlite3.Context, arg ...sqlite3.Value) {
		if anyNull(arg) {
			return
		}
		s := content(arg[0])
		list, _, _ := bytes.Cut(content(arg[1]), []byte{0})
		set := map[string]int{} // the place of each character among them
		for n := 0; len(list) > 0; n++ {
			size := 1
			for list[0] >= 0xc0 && size < len(list) && inside(list[size]) {
				size++
			}
			if size > maxCharacter {
				ctx.ResultError(errors.New("the characters to trim are not UTF-8"))
				return
			}
			if _, there := set[string(list[:size])]; !there {
				set[string(list[:size])] = n
			}
			list = list[size:]
		}
		for left && len(s) > 0 {
			size := first(set, func(size int) []byte { return s[:size] }, len(s))
			if size == 0 {
				break
			}
			s = s[size:]
		}
		for right && len(s) > 0 {
			size := first(set, func(size int) []byte { return s[len(s)-size:] }, len(s))
			if size == 0 {
				break
			}
			s = s[:len(s)-size]
		}
		ctx.ResultRawText(s)
	}
}

// maxCharacter is how many bytes a character of UTF-8 has at most.
const maxCharacter = 4

// first returns the length of the first of a set's characters that is there, 0
// if none is.
func first(set map[string]int, at func(size int) []byte, most int) (found int) {
	place := -1
	for size := 1; size <= min(most, maxCharacter); size++ {
		if n, ok := set[string(at(size))]; ok && (place < 0 || n < place) {
			place, found = n, size
		}
	}
	return found
}

func unhexRest(ctx sqlite3.Context, arg ...sqlite3.Value) {
	ctx.ResultError(errors.New("a plugin may call unhex with one argument only: take out other characters with replace before"))
}

// A patcher is SQLite's own json_patch, on a connection of its own, for
// documents that it patches in time.
type patcher struct {
	sq   *sqlite3.Conn // nil until it is needed
	stmt [2]*sqlite3.Stmt
}

// jsonSubtype marks text that is JSON (https://sqlite.org/json1.html#interface_overview).
const jsonSubtype = 'J'

func (p *patcher) text(ctx sqlite3.Context, arg ...sqlite3.Value) {
	if v := p.patch(ctx, 0, arg); v != nil {
		ctx.ResultRawText(v)
		ctx.ResultSubtype(jsonSubtype)
	}
}

func (p *patcher) binary(ctx sqlite3.Context, arg ...sqlite3.Value) {
	if v := p.patch(ctx, 1, arg); v != nil {
		ctx.ResultBlob(v)
	}
}

// patch returns the result, nil for NULL or where the error is in ctx.
func (p *patcher) patch(ctx sqlite3.Context, which int, arg []sqlite3.Value) []byte {
	if labels(arg[0])*labels(arg[1]) > patchable {
		ctx.ResultError(fmt.Errorf("json_patch would compare %d labels with %d, which takes a plugin too long", labels(arg[1]), labels(arg[0])))
		return nil
	}
	if err := p.open(); err != nil {
		ctx.ResultError(err)
		return nil
	}
	s := p.stmt[which]
	defer s.Reset()
	for i, v := range arg {
		var err error
		switch v.Type() {
		case sqlite3.NULL:
			err = s.BindNull(i + 1)
		case sqlite3.BLOB:
			err = s.BindBlob(i+1, content(v))
		default:
			err = s.BindRawText(i+1, content(v))
		}
		if err != nil {
			ctx.ResultError(err)
			return nil
		}
	}
	if !s.Step() {
		ctx.ResultError(errors.New(message(s.Err())))
		return nil
	}
	if s.ColumnType(0) == sqlite3.NULL {
		return nil
	}
	return bytes.Clone(s.ColumnRawBlob(0))
}

// labels returns how many labels a document may have at most: in text each has
// its colon, in JSONB two bytes (https://sqlite.org/jsonb.html).
func labels(v sqlite3.Value) int64 {
	if v.Type() == sqlite3.BLOB {
		return int64(len(v.RawBlob())) / 2
	}
	return int64(bytes.Count(v.RawText(), []byte{':'}))
}

func (p *patcher) open() error {
	if p.sq != nil {
		return nil
	}
	sq, err := sqlite3.Open(":memory:")
	if err != nil {
		return err
	}
	for i, sql := range []string{"SELECT json_patch(?1, ?2)", "SELECT jsonb_patch(?1, ?2)"} {
		if p.stmt[i], _, err = sq.PrepareFlags(sql, sqlite3.PREPARE_PERSISTENT); err != nil {
			return errors.Join(err, sq.Close())
		}
	}
	p.sq = sq
	return nil
}

func (p *patcher) close() error {
	if p.sq == nil {
		return nil
	}
	err := errors.Join(p.stmt[0].Close(), p.stmt[1].Close(), p.sq.Close())
	p.sq = nil
	return err
}
