package host

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// A checkpoint is where a backfill stands: the bytes of Unit.Checkpoint.
type checkpoint struct {
	Version  string        // digest of the migration that has committed it
	Accepted []string      // other versions, whose checkpoints the operator let it go on from
	Source   string        // digest of the table or the query
	Key      []string      // columns, in the order that the rows are visited in
	Order    []string      // of the columns, see Order; nil in checkpoints that do not tell
	Nullable bool          // a column of the key may be NULL, or nobody knows
	Bounded  bool          // rows beyond End are not visited
	Last     keyRow        // of the last chunk; nil before the first one
	End      keyRow        // the largest that there was; nil where there was none
	Skipped  keyRows       // behind Last, held by others when their chunk was done
	Affected int64         // rows, by what was done in the chunks
	Worked   time.Duration // by all runs of the migration, until then
	Pace     Pace          // of the run that has committed it
	Stopped  bool          // that run has ended, and nobody has gone on since
}

// A keyRow is the key of one row, nil for none.
type keyRow []abi.Value

// null reports whether the key has no place in the order.
func (k keyRow) null() bool {
	return slices.ContainsFunc(k, func(v abi.Value) bool { return v.Type == abi.TypeNull })
}

// MarshalJSON keeps the values as they are.
func (k keyRow) MarshalJSON() ([]byte, error) {
	if k == nil {
		return []byte("null"), nil
	}
	return keyRows{k}.MarshalJSON()
}

// UnmarshalJSON implements json.Unmarshaler.
func (k *keyRow) UnmarshalJSON(b []byte) error {
	var rows keyRows
	err := rows.UnmarshalJSON(b)
	if err == nil && len(rows) > 0 {
		*k = rows[0]
	}
	return err
}

// keyRows are the keys of rows.
type keyRows []keyRow

// MarshalJSON writes a rowset (ABI.md, section 5.3) in base64.
func (rows keyRows) MarshalJSON() ([]byte, error) {
	if len(rows) == 0 {
		return []byte("null"), nil
	}
	types := anyTypes(len(rows[0]))
	b, err := abi.AppendRowsetHeader(nil, types)
	for _, row := range rows {
		if err == nil {
			b, err = abi.AppendRow(b, types, row)
		}
	}
	if err != nil {
		return nil, err
	}
	return json.Marshal(b)
}

// UnmarshalJSON implements json.Unmarshaler.
func (rows *keyRows) UnmarshalJSON(text []byte) error {
	var b []byte
	if err := json.Unmarshal(text, &b); err != nil || b == nil {
		return err
	}
	r, err := abi.NewRowReader(b)
	if err != nil {
		return err
	}
	for {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		*rows = append(*rows, cloneRow(row))
	}
}

func anyTypes(n int) []abi.Type {
	types := make([]abi.Type, n)
	for i := range types {
		types[i] = abi.TypeAny
	}
	return types
}

func cloneRow(row []abi.Value) keyRow {
	out := make(keyRow, len(row))
	for i, v := range row {
		out[i] = v.Clone()
	}
	return out
}

// encoded is a key as bytes, the same for the same key.
func (k keyRow) encoded() (string, error) {
	b, err := abi.AppendRow(nil, anyTypes(len(k)), k)
	return string(b), err
}

// same reports whether two keys are the same.
func (k keyRow) same(other keyRow) (bool, error) {
	a, err := k.encoded()
	if err != nil {
		return false, err
	}
	b, err := other.encoded()
	return a == b, err
}

// unread says of the error of reading a key, which is no refusal of the database, what
// it means to the backfill: a value may be one that nobody can send back.
func (f *fill) unread(err error) error {
	var refused interface{ Errno() abi.Errno }
	if errors.As(err, new(*SQLError)) || !errors.As(err, &refused) {
		return err
	}
	return refuse(refused.Errno(), "backfill %q: no checkpoint can be set at a row, in the order of (%s): %v. Mend that row, or order by another key",
		f.unit.Name, strings.Join(f.at.Key, ", "), err)
}

func (c *checkpoint) bytes() ([]byte, error) { return json.Marshal(c) }

// accept notes that it is gone on from by another version.
func (c *checkpoint) accept(version string) {
	if c.Version != version && !slices.Contains(c.Accepted, c.Version) {
		c.Accepted = append(c.Accepted, c.Version)
	}
	c.Version = version
}

// begunBy says for the history which versions of the migration have begun what this one
// went on with; "" if there were none.
func (s *session) begunBy() string {
	versions := slices.Clone(s.accepted)
	for _, u := range s.recorded {
		if c, err := readCheckpoint(u); err == nil && c != nil {
			versions = append(versions, c.Accepted...)
		}
	}
	if len(versions) == 0 {
		return ""
	}
	slices.Sort(versions)
	return "--checkpoint accept: begun by " + strings.Join(slices.Compact(versions), ", ")
}

// readCheckpoint reads that of a unit; nil where it has none: the backfill begins.
func readCheckpoint(u Unit) (*checkpoint, error) {
	if u.Checkpoint == nil {
		return nil, nil
	}
	c := &checkpoint{}
	err := json.Unmarshal(u.Checkpoint, c)
	if err == nil {
		err = c.check()
	}
	if err != nil {
		return nil, damaged(u, err)
	}
	return c, nil
}

// finished reads the checkpoint of a backfill that is done.
func finished(u Unit) (*checkpoint, error) {
	c, err := readCheckpoint(u)
	if err == nil && c == nil {
		err = damaged(u, errors.New("it is missing"))
	}
	return c, err
}

func damaged(u Unit, err error) error {
	return fmt.Errorf("sandpiper_progress: the checkpoint of backfill %q (position %d) is damaged: %w; bring the row back from a backup and run again, "+
		"or undo by hand what the migration has committed and give it up with `sandpiper repair --abandon`", u.Name, u.Position, err)
}

// check looks at what the statements of a backfill are made from.
func (c *checkpoint) check() error {
	if len(c.Key) == 0 {
		return errors.New("it names no key")
	}
	if n := len(c.Order); n > 0 && n != len(c.Key) {
		return fmt.Errorf("it tells the order of %d columns of the key (%s)", n, strings.Join(c.Key, ", "))
	}
	for _, key := range append(keyRows{c.Last, c.End}, c.Skipped...) {
		if key != nil && (len(key) != len(c.Key) || key.null()) {
			return fmt.Errorf("it holds what is no key of (%s)", strings.Join(c.Key, ", "))
		}
	}
	return nil
}
