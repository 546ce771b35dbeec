package host

import (
	"errors"
	"fmt"
	"strings"

	"github.com/sandpiper-db/sandpiper/host/policy"
)

// rolledBack says of an error that ends a chunk which rows the chunk has, and what
// becomes of it and of those before it.
func (f *fill) rolledBack(err error) error {
	c := f.chunk
	var refused *SQLError
	if c == nil || c.told || !errors.As(err, &refused) {
		return err
	}
	c.told = true
	before := "nothing of the backfill is committed"
	if c.before > 0 {
		before = fmt.Sprintf("the %s rows before it are committed", policy.Thousands(c.before))
	}
	refused.Message = fmt.Sprintf("chunk %d of backfill %q, %s, is rolled back, %s: %s", c.number, f.unit.Name, f.place(c), before, refused.Message)
	return err
}

// place says which rows a chunk has, such as "7000 < id <= 8000".
func (f *fill) place(c *chunk) string {
	key := tuple(strings.Join(f.at.Key, ", "), len(f.at.Key))
	switch {
	case c.late != nil:
		return fmt.Sprintf("the rows skipped before, from %s = %s to %s", key, c.late[0].shown(), c.late[len(c.late)-1].shown())
	case c.after == nil:
		return fmt.Sprintf("%s <= %s", key, c.until.shown())
	}
	return fmt.Sprintf("%s < %s <= %s", c.after.shown(), key, c.until.shown())
}

// shown is a key for people.
func (k keyRow) shown() string {
	values := make([]string, len(k))
	for i, v := range k {
		values[i] = Literal(v)
		if text := []rune(values[i]); len(text) > maxShownKey {
			values[i] = string(text[:maxShownKey]) + "…"
		}
	}
	return tuple(strings.Join(values, ", "), len(k))
}
