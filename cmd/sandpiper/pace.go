package main

import (
	"time"

	"github.com/spf13/pflag"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
)

// backfillFlags adds the flags about backfills. The function it returns checks them
// for a database, and says in a Config what they say.
func backfillFlags(f *pflag.FlagSet) func(*host.Config, chain.Dialect) error {
	var (
		chunkTime, maxLag time.Duration
		maxRate           int64
	)
	f.DurationVar(&chunkTime, "chunk-time", 0, "of a backfill: how long a chunk should take (200ms if left out)")
	f.Int64Var(&maxRate, "max-rate", 0, "of a backfill: visit at most `N` rows a second")
	f.DurationVar(&maxLag, "max-lag", 0, "of a backfill: wait while a PostgreSQL replica is further behind")
	checkpoint := checkpointFlag(f)
	return func(cfg *host.Config, dialect chain.Dialect) error {
		for name, wrong := range map[string]bool{"chunk-time": chunkTime <= 0, "max-rate": maxRate <= 0, "max-lag": maxLag <= 0} {
			if f.Changed(name) && wrong {
				return usage("", "--%s %s is not more than 0", name, f.Lookup(name).Value)
			}
		}
		if f.Changed("max-lag") && dialect != chain.PostgreSQL {
			return usage("leave --max-lag out", "--max-lag is about the replicas of a PostgreSQL server, and SQLite has none; nothing was changed")
		}
		cfg.ChunkTime, cfg.MaxRate, cfg.MaxLag = chunkTime, maxRate, maxLag
		var err error
		cfg.Checkpoint, err = checkpoint()
		return err
	}
}

// checkpointFlag adds --checkpoint, and returns what reads it.
func checkpointFlag(f *pflag.FlagSet) func() (host.CheckpointChoice, error) {
	var name string
	f.StringVar(&name, "checkpoint", "", "of a backfill that was interrupted: restart visits all rows anew, `accept`\ngoes on from the checkpoint of another version of its migration")
	return func() (host.CheckpointChoice, error) {
		switch choice := host.CheckpointChoice(name); choice {
		case host.CheckpointRefuse, host.CheckpointAccept, host.CheckpointRestart:
			return choice, nil
		default:
			return "", usage("", "--checkpoint %s is neither accept nor restart", name)
		}
	}
}
