package source

import (
	"errors"
	"fmt"
	"strings"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// checkBackfill says what keeps an item from being a backfill that a host runs; any
// other item is none.
func checkBackfill(name string, d chain.Dialect, item chain.Item) error {
	if item.Kind != chain.ItemBackfill {
		return nil
	}
	err := backfill(item).Check()
	var wrong *abi.MalformedError
	if errors.As(err, &wrong) {
		return &chain.ParseError{Path: name, Line: item.Backfill.Line, Msg: "the backfill: " + wrong.Reason}
	}
	if err != nil {
		return err
	}
	if at, err := chain.CheckChunks(d, item.SQL); err != nil {
		return &chain.ParseError{Path: name, Line: item.Line + strings.Count(item.SQL[:at], "\n"), Msg: fmt.Sprintf("the backfill: %v", err)}
	}
	return nil
}

// Check says whether a dialect can do an operation, as schema.Request.Check
// does, and whether the SQL in it keeps to its place, for which it has to be cut
// into tokens.
func Check(q schema.Request, d chain.Dialect) error {
	if err := q.Check(string(d)); err != nil || !q.For(string(d)) {
		return err
	}
	invalid := func(format string, args ...any) error {
		return &schema.InvalidError{Kind: q.Operation.Kind(), Reason: fmt.Sprintf(format, args...)}
	}
	for _, sql := range schema.Expressions(q.Operation) {
		if err := chain.CheckExpression(d, sql.For(string(d))); err != nil {
			return invalid("%v", err)
		}
	}
	if trigger, ok := q.Operation.(*schema.CreateTrigger); ok {
		if err := chain.CheckTrigger(d, trigger.SQL.For(string(d)), trigger.Name); err != nil {
			return invalid("the trigger %q: %v", trigger.Name, err)
		}
	}
	return nil
}
