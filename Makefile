# Sandpiper: two commands on a fresh Debian machine with Go, make and git.
#   make run    the runner, the example plugins, and an upgrade of migrations/
#   make test   every test, with the race detector, and every cross-build
# Each does its own set-up and says in one line what it cannot install.

SHELL       := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

GO       ?= go
PLATFORMS := linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64

# install NAME-OF-COMMAND DEBIAN-PACKAGES: only where the command is missing.
define install
	command -v $(1) >/dev/null 2>&1 || { \
	  command -v apt-get >/dev/null 2>&1 || { echo "make: $(1) is missing, and there is no apt-get to install $(2) with" >&2; exit 1; }; \
	  [ "$$(id -u)" = 0 ] && sudo= || sudo=sudo; \
	  $$sudo apt-get update -q && DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -qy --no-install-recommends $(2); }
endef

.PHONY: help
help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## build bin/sandpiper
	@CGO_ENABLED=0 $(GO) build -trimpath -o bin/sandpiper ./cmd/sandpiper

.PHONY: plugins
plugins: build ## build the example plugins that migrations/ uses
	@bin/sandpiper build plugins/slugs -o migrations/versions/slugs.wasm

.PHONY: run
run: plugins ## upgrade migrations/ on the embedded default, a SQLite file
	@bin/sandpiper upgrade --dir migrations

.PHONY: test
test: check race random cross ## run everything, with -race, and cross-build

.PHONY: check
check: ## formatting and vet, of which the tests then leave out their part
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); [ -z "$$unformatted" ] || { echo "not gofmt'ed: $$unformatted" >&2; exit 1; }
	@$(GO) vet ./...

# Computation of others that -race does not look into: SQLite translated to Go, and
# wazero's compilers and interpreter, which made up most of the tests' time. They
# start no goroutines. What two goroutines do to one connection or one guest at
# once is still seen: go-sqlite3 and the rest of wazero, through which all calls go,
# are looked into like everything else. The interpreter has a sync.Map, whose code,
# being generic, is compiled with it, and is then that of every sync.Map of the
# program. With atomic operations as instructions and not as calls, which -race sees,
# what encoding/json keeps in one would look like a race.
WAZERO    := github.com/tetratelabs/wazero/internal
UNWATCHED := $(patsubst %,-gcflags=%=-race=false, github.com/ncruces/go-sqlite3-wasm/... \
  $(addprefix $(WAZERO)/,engine/wazevo/ssa engine/wazevo/frontend engine/wazevo/backend/... wasm/binary)) \
  '-gcflags=$(WAZERO)/engine/interpreter=-race=false -d=ssa/intrinsics/off'

.PHONY: race
race: need-gcc need-postgres need-minisign need-chromium
	@CGO_ENABLED=1 GORACE=atexit_sleep_ms=10 $(GO) test -race $(UNWATCHED) -vet=off -timeout 40m -skip '$(PROCESSES)' ./...

# Tests that start hundreds of processes, each of which -race would slow down, to
# see what is in the database when one is killed or does harm.
PROCESSES := ^(TestKill|TestKillOfPlugins|TestAttacks)$$

# Tests that make up by chance what they try, or try it at every call.
CHANCE := ^(TestRoundTrips|TestOperations|TestConfinedOperations|TestConfinedGrowth|TestAnomaly.*|TestBackfillIsCutAnywhere|TestBackfillAmongOthers)$$

.PHONY: random
random: need-postgres # what -race makes too slow, in full: it takes a quarter of what is made up by chance, cuts runs short at every seventh call, and leaves some out
	@CGO_ENABLED=0 $(GO) test -vet=off -timeout 30m -run '$(PROCESSES)|$(CHANCE)' ./cmd/sandpiper ./host ./host/diff ./host/sqlite

KILLS ?= 500

.PHONY: kills
kills: need-postgres ## kill backfills KILLS (500) times on each dialect, at random moments
	@CGO_ENABLED=0 $(GO) test -count=1 -timeout 0 -v -run '^TestKillBackfill$$' ./cmd/sandpiper -args -kills $(KILLS)

.PHONY: cross
cross: ## build without cgo for Linux, macOS and Windows on amd64 and arm64
	@for p in $(PLATFORMS); do \
	  echo "build $$p"; CGO_ENABLED=0 GOOS=$${p%/*} GOARCH=$${p#*/} $(GO) build ./...; done

.PHONY: need-gcc
need-gcc: # the race detector is linked with cgo
	@$(call install,gcc,gcc libc6-dev)

.PHONY: need-postgres
need-postgres: # the tests start a private server from an installed PostgreSQL
	@[ -n "$${SANDPIPER_TEST_POSTGRES:-}" ] || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null 2>&1 || { $(call install,initdb,postgresql); }

.PHONY: need-minisign
need-minisign: # the tests compare signatures with those of the tool
	@$(call install,minisign,minisign)

.PHONY: need-chromium
need-chromium: # the tests open a report in a browser
	@command -v chromium-browser >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1 || { $(call install,chromium,chromium); }

.PHONY: bench
bench: need-postgres ## measure the figures of the README, as ratios from one run
	@$(call install,sqlite3,sqlite3)
	@$(call install,clang,clang lld)
	@/usr/bin/python3 -c 'import alembic, psycopg2' 2>/dev/null || ( $(call install,no-command,python3-alembic python3-psycopg2) ) || echo "make: the figures beside Alembic are left out" >&2
	@$(GO) run ./cmd/bench
	@$(GO) test -run '^$$' -bench . ./host/sandbox ./sdk/abi ./host/sqlite ./host/postgres

FUZZTIME ?= 1m

.PHONY: fuzz
fuzz: ## look for what no test has thought of, FUZZTIME (1m) for each
	@$(GO) test -count=1 -timeout 0 -run '^TestOperations$$' -v ./host/sqlite -args -propertytime $(FUZZTIME) -seed $$RANDOM
	@grep -rHo --include='*_test.go' '^func Fuzz[A-Za-z]*' . | while IFS=: read -r file name; do \
	  echo "$$name"; $(GO) test -run '^$$' -fuzz "^$${name#func }$$" -fuzztime $(FUZZTIME) "./$$(dirname "$$file")"; done

.PHONY: clean
clean: ## remove what was built
	@rm -rf bin migrations/versions/*.wasm
