package host_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/author/imports"
	"github.com/sandpiper-db/sandpiper/host/build"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/hosttest"
	"github.com/sandpiper-db/sandpiper/host/policy"
	"github.com/sandpiper-db/sandpiper/host/postgres/postgrestest"
	"github.com/sandpiper-db/sandpiper/host/sqlite"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

// A foreignChain is a real project's chain, as a plugin that owns its tables.
type foreignChain struct {
	project string
	allowed abi.Capabilities
	refused map[chain.Dialect][]refusedStatement
}

// A refusedStatement is one that the walls refuse, in the order of the chain.
type refusedStatement struct {
	sql     string // how it begins
	reason  string
	instead string // what the vendor writes; "" where whoever owns the database has to do it before
}

// foreignChains lists all that is refused. What is not among it runs as it is.
var foreignChains = []foreignChain{
	{
		project: "authelia",
		allowed: abi.Capabilities{
			Shared: true,
			Owns: []string{
				"authentication_logs", "authenticationlogs", "banned_ip*", "banned_user*", "cached_data*", "config", "duo_devices*", "encryption*",
				"identity_verification*", "identityverificationtokens", "migrations*", "oauth2_*", "one_time_code*", "preferences*",
				"secondfactorpreferences", "totp_*", "totpsecrets", "u2f_devices*", "u2fdevicehandles*", "user_*", "webauthn_*", "_bkp_*",
			},
			Functions: []string{"bin2b64"}, // which its program brings to SQLite
		},
	},
	{
		project: "hydra",
		allowed: abi.Capabilities{
			Shared:    true,
			Owns:      []string{"hydra_*", "_hydra_*", "networks*", "schema_*"},
			Functions: []string{"uuid_generate_v4"}, // of the extension
		},
		refused: map[chain.Dialect][]refusedStatement{
			chain.PostgreSQL: {
				{`CREATE EXTENSION IF NOT EXISTS "uuid-ossp"`, "CREATE EXTENSION:", ""},
				{`CREATE EXTENSION IF NOT EXISTS "uuid-ossp"`, "CREATE EXTENSION:", ""},
				{`CREATE EXTENSION IF NOT EXISTS "uuid-ossp"`, "CREATE EXTENSION:", ""},
				{"DROP INDEX hydra_client_idx_id_uq CASCADE", "DROP with CASCADE", dropByName},
				{"CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS hydra_oauth2_flow_device_challenge_idx", "CREATE INDEX CONCURRENTLY:", inTransaction},
				{"CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS hydra_oauth2_trusted_jwt_bearer_issuer_nid_uq_idx", "CREATE INDEX CONCURRENTLY:", inTransaction},
				{"CREATE INDEX CONCURRENTLY IF NOT EXISTS hydra_oauth2_flow_login_session_subject_idx", "CREATE INDEX CONCURRENTLY:", inTransaction},
				{"CREATE INDEX CONCURRENTLY IF NOT EXISTS hydra_oauth2_access_nid_subject_idx", "CREATE INDEX CONCURRENTLY:", inTransaction},
				{"CREATE INDEX CONCURRENTLY IF NOT EXISTS hydra_oauth2_refresh_nid_subject_idx", "CREATE INDEX CONCURRENTLY:", inTransaction},
			},
		},
	},
}

// inTransaction is the same statement without CONCURRENTLY.
const inTransaction = "in transaction"

// dropByName drops what CASCADE would take along, which is the plugin's own.
const dropByName = `ALTER TABLE hydra_oauth2_obfuscated_authentication_session DROP CONSTRAINT hydra_oauth2_obfuscated_authentication_session_client_id_fk;
ALTER TABLE hydra_oauth2_logout_request DROP CONSTRAINT hydra_oauth2_logout_request_client_id_fk;
ALTER TABLE hydra_oauth2_access DROP CONSTRAINT hydra_oauth2_access_client_id_fk;
ALTER TABLE hydra_oauth2_refresh DROP CONSTRAINT hydra_oauth2_refresh_client_id_fk;
ALTER TABLE hydra_oauth2_code DROP CONSTRAINT hydra_oauth2_code_client_id_fk;
ALTER TABLE hydra_oauth2_oidc DROP CONSTRAINT hydra_oauth2_oidc_client_id_fk;
ALTER TABLE hydra_oauth2_pkce DROP CONSTRAINT hydra_oauth2_pkce_client_id_fk;
ALTER TABLE hydra_oauth2_flow DROP CONSTRAINT hydra_oauth2_flow_client_id_fk;
DROP INDEX hydra_client_idx_id_uq`

// TestChainsAsPlugins upgrades real chains behind the walls, and compares the
// schema with what the same files make when they are run by hand.
// SANDPIPER_CHAINS names the folder.
func TestChainsAsPlugins(t *testing.T) {
	chains := hosttest.Chains(t)
	for _, c := range foreignChains {
		t.Run(c.project, func(t *testing.T) {
			each(t, func(t *testing.T, f *fixture) {
				folder := filepath.Join(chains, c.project, string(f.dialect))
				hand := &fixture{t: t, dialect: f.dialect, url: "sqlite:" + filepath.Join(t.TempDir(), "hand.db")}
				got, want := f.dumpSQLite, hand.dumpSQLite
				if f.dialect == chain.PostgreSQL {
					hand.url = postgrestest.URL(t)
					got, want = f.dumpPostgreSQL, hand.dumpPostgreSQL
					f.exec(`CREATE EXTENSION "uuid-ossp"`)
					hand.exec(`CREATE EXTENSION "uuid-ossp"`)
				}
				c.upgrade(f, folder)
				hand.byHand(folder)
				if got, want := got(), want(); got != want || strings.TrimSpace(got) == "" {
					t.Errorf("the schema differs:\n%s", firstDifference(got, want))
				}
			})
		})
	}
}

// upgrade runs the chain of a folder to its end: up to a statement that is
// refused, and on with what is to be said instead.
func (c foreignChain) upgrade(f *fixture, folder string) {
	t := f.t
	t.Helper()
	dir := t.TempDir()
	imported, err := imports.Read(os.DirFS(folder), imports.Options{Tool: "numbered", Dialect: f.dialect})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := imported.Write(dir); err != nil {
		t.Fatal(err)
	}
	for refused := c.refused[f.dialect]; ; refused = refused[1:] {
		err := c.run(f, dir)
		if err == nil && len(refused) > 0 {
			t.Errorf("it was not refused: %s", refused[0].sql)
		}
		if err == nil {
			return
		}
		var failed *host.RunError
		var refusal *policy.Refusal
		if !errors.As(err, &failed) || !errors.As(err, &refusal) {
			t.Fatal(err)
		}
		if len(refused) == 0 || !strings.HasPrefix(failed.SQL, refused[0].sql) || !strings.HasPrefix(refusal.Reason, refused[0].reason) {
			t.Fatalf("refused: %s\n%v", failed.SQL, refusal)
		}
		replaceStatement(t, dir, failed, refused[0].instead)
	}
}

// run upgrades a database by the module of a folder.
func (c foreignChain) run(f *fixture, dir string) error {
	f.t.Helper()
	module, err := build.Build(f.t.Context(), dir, nil, build.Options{Line: c.project})
	if err != nil {
		f.t.Fatal(err)
	}
	grants, err := policy.New(c.project, c.allowed)
	if err != nil {
		f.t.Fatal(err)
	}
	db := f.open()
	if f.dialect == chain.SQLite {
		if db, err = sqlite.Open(f.url, sqlite.WithFunctions(registerBIN2B64)); err != nil {
			f.t.Fatal(err)
		}
	}
	b, err := box()
	if err != nil {
		f.t.Fatal(err)
	}
	r, err := host.NewRunner(fstest.MapFS{}, db, b, host.Config{Plugins: []host.Plugin{{Path: c.project + ".wasm", Module: module.Bytes, Grants: grants}}})
	if err != nil {
		f.t.Fatal(err)
	}
	_, err = r.Upgrade(f.t.Context(), "heads")
	return err
}

// replaceStatement writes another statement in the place of the one that failed.
func replaceStatement(t *testing.T, dir string, failed *host.RunError, instead string) {
	t.Helper()
	switch instead {
	case "":
		instead = "SELECT 1"
	case inTransaction:
		instead = strings.Replace(failed.SQL, " CONCURRENTLY", "", 1)
	}
	names, err := filepath.Glob(filepath.Join(dir, "versions", "*", "*_"+failed.Failed.Key.ID+"_*"))
	if err != nil || len(names) != 1 {
		t.Fatalf("files of %s: %q, %v", failed.Failed.Key, names, err)
	}
	text, err := os.ReadFile(names[0])
	if err == nil {
		err = os.WriteFile(names[0], []byte(strings.Replace(string(text), failed.SQL, instead, 1)), 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
}
