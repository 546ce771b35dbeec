package worker

import (
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// A greeting is the first frame that a child reads. The module follows it in a
// frame of its own, which the child reads when its limits are set.
type greeting struct {
	Version  string   // of the parent
	Database []byte   // its URL; bytes, since a path need not be UTF-8
	Secrets  [][]byte // NAME=VALUE, variables that must not be in the environment's listing
	Limits   limits
	Plugin   host.Plugin // without its module
}

// An order is each frame after these: a step of the plugin.
type order struct {
	Step       host.Step
	Statements bool
	Results    bool
	Pace       host.Pace
	LockWait   time.Duration
	Checkpoint host.CheckpointChoice
	Phase      *abi.Phase
	State      host.WorkState
	Spent      time.Duration
}

func orderOf(o host.WorkOrder) order {
	return order{o.Step, o.Statements, o.Results, o.Pace, o.LockWait, o.Checkpoint, o.Phase, o.State, o.Spent}
}

// of returns the order for the plugin of the greeting.
func (o order) of(p host.Plugin) host.WorkOrder {
	return host.WorkOrder{
		Plugin: p, Step: o.Step, Statements: o.Statements, Results: o.Results, Pace: o.Pace, LockWait: o.LockWait,
		Checkpoint: o.Checkpoint, Phase: o.Phase, State: o.State, Spent: o.Spent,
	}
}

// A report is a frame that a child writes. One field is set, or Event and Fault, or
// State and one that ends an order.
type report struct {
	Ready *ready          `json:",omitempty"` // the answer to the greeting
	Event *host.Event     `json:",omitempty"` // its Err is in Fault
	Done  *host.Entry     `json:",omitempty"` // an order is done
	Fault *fault          `json:",omitempty"` // it failed, or the greeting did
	State *host.WorkState `json:",omitempty"` // what has become of the order's
}

// ready says that a child takes orders.
type ready struct {
	Version string
}

// A who tells plugins apart: a child works for one of them alone, so that what one
// does to its process is not another one's trouble.
type who struct {
	module [sha256.Size]byte
	rest   string
}

func whoIs(p host.Plugin) who {
	return who{sha256.Sum256(p.Module), fmt.Sprintf("%q %q %q %q %q %t",
		p.Grants.Line, p.Grants.String(), fmt.Sprint(p.Grants.Others), p.Signer, p.Role, p.WithoutRole)}
}
