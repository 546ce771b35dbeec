package postgres

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/hosttest"
	"github.com/sandpiper-db/sandpiper/host/policy"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// Real chains, as those of a plugin that owns its tables, run behind the wall but
// for what needs more than tables.
func TestWallOnChains(t *testing.T) {
	chains := hosttest.Chains(t)
	for name, c := range map[string]struct {
		owns    []string
		needing []string // what a refusal begins with
	}{
		"authelia": {
			[]string{"authentication_logs*", "banned_*", "cached_data*", "duo_devices*", "encryption*", "identity_verification*", "migrations*", "oauth2_*",
				"one_time_code*", "totp_*", "u2f_devices*", "u2fdevicehandles*", "user_*", "webauthn_*", "_bkp_*", "config*", "authenticationlogs", "identityverificationtokens", "preferences*", "secondfactorpreferences", "totpsecrets"},
			nil,
		},
		"hydra": {
			[]string{"hydra_*", "networks*", "user_*", "schema_*"},
			[]string{"CREATE EXTENSION:", "CREATE INDEX CONCURRENTLY:", "DROP with CASCADE,"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			grants, err := policy.New("acme", abi.Capabilities{Owns: c.owns, Functions: []string{"uuid_generate_v4"}})
			if err != nil {
				t.Fatal(err)
			}
			w := newWall(&policy.Judge{Grants: grants, Dialect: chain.PostgreSQL}, "acme", "public")
			p := newProbe(t, "CREATE SCHEMA acme")
			for _, sql := range statementsOf(t, filepath.Join(chains, name, "postgresql")) {
				c2, err := w.check(host.Statement{SQL: sql})
				path := "pg_catalog, pg_temp"
				if err != nil {
					reason := strings.TrimPrefix(err.Error(), "plugin acme may not: ")
					if !slices.ContainsFunc(c.needing, func(s string) bool { return strings.HasPrefix(reason, s) }) {
						t.Errorf("%s\n%v", sql, err)
					}
					path, c2.sql = "public, acme", sql
				}
				p.must("SET search_path = " + path)
				if r := p.pg.ExecParams(t.Context(), c2.sql, nil, nil, nil, nil).Read(); r.Err != nil {
					t.Errorf("%s\nis sent as %s\n%v", sql, c2.sql, r.Err)
				}
			}
		})
	}
}

// statementsOf returns the statements of the upgrades in a folder.
func statementsOf(t *testing.T, folder string) (all []string) {
	files, err := filepath.Glob(filepath.Join(folder, "*.up.sql"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %d files, %v", folder, len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		list, err := chain.Split(chain.PostgreSQL, string(text))
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range list {
			all = append(all, s.SQL)
		}
	}
	return all
}
