package host

import (
	"context"
	"fmt"
	"time"

	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/policy"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// A Plugin is a module of somebody else's, which runs behind walls: checked and
// metered, each of its statements judged by its grants, and as a role of its own
// where the database has roles.
type Plugin struct {
	// Path is the module's file, for messages.
	Path string

	// Module is the file's content. Its manifest must be of the line of the
	// grants.
	Module []byte

	// Grants are what the operator allows it.
	Grants *policy.Grants

	// Signer is the key that signed it, for the ledger; "" if nobody did.
	Signer string

	// Role, on PostgreSQL, is an existing role to run it as. Defaults to one
	// that the runner makes for it.
	Role string

	// WithoutRole, on PostgreSQL, runs it as the role of the connection, with
	// the statements' verdicts alone between the plugin and the database.
	WithoutRole bool
}

// Unheld says that the plugin runs with no role to hold it in a database of a
// dialect that has roles; "" if it has one, or there are none.
func (p Plugin) Unheld(d chain.Dialect) string {
	if d != chain.PostgreSQL || !p.WithoutRole {
		return ""
	}
	return fmt.Sprintf("plugin %s is run without a role: its statements are judged, and nothing else keeps it from the rest of the database", p.Grants.Line)
}

// A Confinement is what Conn.Confine needs to know of a plugin.
type Confinement struct {
	Grants      *policy.Grants
	Role        string // PostgreSQL: an existing role; "" for one that is made
	WithoutRole bool   // PostgreSQL: no role

	// Existing makes and changes nothing outside transactions: where role, schema
	// and privileges are not what they should be, Confine returns ErrNotReady.
	Existing bool

	// Leaving is for Owned and Purge: nothing is made that is missing.
	Leaving bool
}

// A Confined is a connection behind the walls of a plugin: what it refuses is a
// *policy.Refusal. It uses the Conn that it was made from, which must not be used
// meanwhile; to close it takes the walls away and leaves the Conn open.
//
// Each transaction runs for at most what the grants allow, writes no more rows,
// and leaves every object that is not the plugin's as it was.
type Confined interface {
	Conn

	// Owned lists what the plugin owns in the database, sorted by kind and name.
	Owned(ctx context.Context) ([]Owned, error)

	// Purge drops what the plugin owns, and nothing else, and takes the plugin
	// out of the ledger's heads and progress, in one transaction under the lock
	// that appends entry to the history. What depends on the plugin's objects
	// and is not its own ends it: nothing is dropped then. Of its role and schema
	// what others need, or the runner may not drop, is kept.
	Purge(ctx context.Context, entry Entry) (Purged, error)
}

// Purged is what became of what a plugin owned.
type Purged struct {
	Dropped []Owned // sorted by kind and name
	Kept    []Kept
}

// Kept is something of a plugin's that is still there.
type Kept struct {
	Owned
	Reason string
	SQL    string // with which an administrator drops it; "" if that is not the way
}

// Owned is an object that a plugin owns.
type Owned struct {
	Kind string // "table", "view", "index", "sequence", "type", "schema", "role"
	Name string
}

// GuestLimits bound one run of a guest. Zero values are the sandbox's defaults.
type GuestLimits struct {
	Memory int64         // bytes
	Time   time.Duration // by the wall clock, the database's time included
	Fuel   int64         // about as many instructions
}

func limitsOf(g *policy.Grants) GuestLimits {
	return GuestLimits{Memory: g.Memory() << 20, Time: g.Time(), Fuel: g.Fuel()}
}

// A Worker runs a step of a plugin somewhere else: in a process of its own, with
// limits that the system enforces.
type Worker interface {
	// Work runs one step as Runner.Work does, from start to commit. events
	// receives what Config.OnEvent would. When ctx is done the work ends, and its
	// transaction with it. The errors are those of a run in this process, as far
	// as errors.Is and errors.As see them. What has become of order.State is returned
	// either way, as far as the Worker knows.
	Work(ctx context.Context, order WorkOrder, events func(Event)) (Entry, WorkState, error)
}

// A WorkOrder is one step of a plugin, for a Worker.
type WorkOrder struct {
	Plugin     Plugin
	Step       Step
	Statements bool // tell of statements, as Config.Statements
	Results    bool // and of their results, as Config.Results
	Pace       Pace
	LockWait   time.Duration    // as Config.LockWait
	Checkpoint CheckpointChoice // as Config.Checkpoint

	// What the orders before, none of which came to the step's end, have left.
	State WorkState
	Spent time.Duration // of the step's time, the database's included

	// Phase is Config.Phase of the run. A Work that ends before a later one returns
	// a *PausedError.
	Phase *abi.Phase
}
