package main

import (
	"context"
	"errors"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/postgres"
	"github.com/sandpiper-db/sandpiper/host/sqlite"
)

// scratch makes an empty database of a dialect: for SQLite in memory, for
// PostgreSQL on the server that the settings name. drop removes it, whatever has
// become of the context of other calls.
func (a *app) scratch(ctx context.Context, set settings, dialect chain.Dialect) (db host.Database, drop func(context.Context) error, err error) {
	if dialect == chain.SQLite {
		db, err = sqlite.Open(sqlite.Memory, sqliteOptions...)
		return db, func(context.Context) error { return nil }, err // it goes with the process
	}
	var opts []postgres.Option
	if set.lockTimeout != nil {
		opts = append(opts, postgres.LockTimeout(*set.lockTimeout))
	}
	db, drop, err = postgres.Scratch(ctx, set.database, opts...)
	if err != nil && ctx.Err() == nil {
		next := "a scratch database is made beside the database that is named: see that its server runs, and has that database"
		if errors.Is(err, postgres.ErrMayNotCreate) {
			next = "it needs a server on which the role may create databases: --database names one"
		}
		err = &statusError{exitFailed, kindDatabase, next, err}
	}
	return db, drop, err
}
