package postgres

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/policy"
	"github.com/sandpiper-db/sandpiper/sdk/abi"
)

func TestTmpWall(t *testing.T) {
	f, _ := os.Open("/work/shared/attacks/statements.tsv")
	g, err := policy.New("acme", abi.Capabilities{Owns: []string{"acme_*"}}, "acme_tools_*")
	if err != nil { t.Fatal(err) }
	w := newWall(&policy.Judge{Grants: g, Dialect: chain.PostgreSQL}, "public", "public")
	sc := bufio.NewScanner(f)
	for sc.Scan() {
		p := strings.Split(sc.Text(), "\t")
		if p[0] != "pg" { continue }
		got := "allow"
		msg := ""
		for _, s := range strings.Split(p[2], " ;; ") {
			s = strings.ReplaceAll(s, "@NUL@", "\x00")
			c, err := w.check(host.Statement{SQL: s})
			if err != nil { got = "deny"; msg = err.Error(); break }
			msg += c.sql + " ;; "
		}
		mark := "   "
		if got != p[3] { mark = "!!!" }
		fmt.Println(mark, p[1], p[3], "|", msg)
	}
}
