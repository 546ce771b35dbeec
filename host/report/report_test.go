package report_test

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/host/chain"
	"github.com/sandpiper-db/sandpiper/host/report"
)

// The same record gives the same bytes, and so does its file.
func TestPageIsDeterministic(t *testing.T) {
	r := sample()
	page, err := r.HTML()
	if err != nil {
		t.Fatal(err)
	}
	read, err := report.Read(r.JSON())
	if err != nil {
		t.Fatal(err)
	}
	again, err := read.HTML()
	if err != nil || !bytes.Equal(page, again) {
		t.Errorf("the page of the record's file is another one (%v)", err)
	}
	if !bytes.Equal(r.JSON(), read.JSON()) || !bytes.HasPrefix(r.JSON(), []byte(report.Mark)) {
		t.Error("the record's file is another one")
	}
	if !bytes.HasPrefix(page, []byte(report.PageMark)) {
		t.Errorf("it begins with %.60q", page)
	}
	if link := regexp.MustCompile(`<[a-z]+ [^<>]*(?:src|href)="([^"#d][^"]*)`).FindSubmatch(page); link != nil {
		t.Errorf("it links to %s", link[1])
	}
}

// Whatever a run does, its record is bounded, and says what it leaves out.
func TestRecordIsBounded(t *testing.T) {
	r := newMadeUp()
	r.start("000000000001", "long")
	text := strings.Repeat("x", 10_000)
	for i := range 1500 {
		r.statement(fmt.Sprint(i, text), time.Duration(i)*time.Microsecond, 2, nil)
		r.tell(host.Event{Kind: host.EventLog, Text: text})
		r.tell(host.Event{Kind: host.EventSection, Section: text})
		r.wait(time.Millisecond)
		r.tell(host.Event{Kind: host.EventChunk, Backfill: fmt.Sprint("b", i%1000), Done: int64(i), Rows: 1, Took: time.Millisecond})
	}
	r.applied()
	record := r.End(host.Result{}, nil)
	m := record.Migrations[0]
	if m.StatementCount != 1500 || m.Rows != 3000 || m.LogCount != 1500 {
		t.Errorf("counted %d statements, %d rows, %d logs", m.StatementCount, m.Rows, m.LogCount)
	}
	if m.Statements[0].Took < 1_440*time.Microsecond {
		t.Errorf("a statement of %s is kept", m.Statements[0].Took)
	}
	if n := len(record.JSON()); n > 4<<20 {
		t.Errorf("the record has %d bytes", n)
	}
}

// A statement that runs again and again is one, with the sum of its runs.
func TestStatementsAreSummedUp(t *testing.T) {
	r := newMadeUp()
	r.start("000000000001", "m")
	for i := range 1000 {
		r.statement("UPDATE a SET n = $1", time.Millisecond, 1, nil)
		r.statement(fmt.Sprintf("UPDATE b SET n = %d", i), time.Microsecond, 0, nil)
	}
	r.statement("DELETE FROM a", 3*time.Millisecond, 7, fmt.Errorf("no"))
	r.applied()
	record := r.End(host.Result{}, nil)
	m := record.Migrations[0]
	if s := m.Statements[0]; s.Runs != 1000 || s.Took != time.Second || s.Longest != time.Millisecond || s.Rows != 1000 {
		t.Errorf("it is %+v", s)
	}
	if s := m.Statements[len(m.Statements)-1]; s.Error != "no" || s.Rows != 7 {
		t.Errorf("the last one is %+v", s)
	}
	if m.StatementCount != 2001 || len(m.Statements) != 50 {
		t.Errorf("%d are counted, %d are kept", m.StatementCount, len(m.Statements))
	}
	page, err := record.HTML()
	if err != nil || !strings.Contains(string(page), "1,000 times, 1.0 ms at most") || !strings.Contains(string(page), "and 952 faster statements") {
		t.Errorf("the page does not say so (%v)", err)
	}
}

// Chunks that come by the thousand are drawn together, and none of their rows and
// none of their time is lost.
func TestChunksAreSummedUp(t *testing.T) {
	r := newMadeUp()
	r.start("000000000001", "m")
	for i := range int64(5000) {
		r.wait(time.Millisecond)
		r.tell(host.Event{Kind: host.EventChunk, Backfill: "b", Done: 100 + 7*(i+1), Total: 35_100, Rows: 7, Took: time.Millisecond})
	}
	r.applied()
	b := r.End(host.Result{}, nil).Migrations[0].Backfills[0]
	var rows int64
	var took time.Duration
	chunks := 0
	for _, s := range b.Slices {
		rows, chunks, took = rows+s.Rows, chunks+s.Chunks, took+s.Took
	}
	if rows != 35_000 || chunks != 5000 || took != 5*time.Second || len(b.Slices) > 240 || len(b.Slices) < 100 {
		t.Errorf("%d slices have %d rows in %d chunks of %s", len(b.Slices), rows, chunks, took)
	}
	if b.Before != 100 || b.Done != 35_100 || b.Rows != 35_000 {
		t.Errorf("it is %+v", *b)
	}
}

// A migration that is tried again, or whose guest begins again between two chunks,
// is one migration.
func TestRecordOfWhatBeginsAgain(t *testing.T) {
	r := newMadeUp()
	r.start("000000000001", "m")
	r.tell(host.Event{Kind: host.EventRetrying, Text: "a lock"})
	r.start("000000000001", "m")
	r.wait(time.Second)
	r.tell(host.Event{Kind: host.EventPaused, Phase: "expand"})
	record := r.End(host.Result{Paused: &host.Paused{}}, nil)
	if len(record.Migrations) != 1 || record.Migrations[0].Retries != 1 || record.Migrations[0].State != report.Halfway || record.Outcome != report.Paused || record.Phase != "expand" {
		t.Errorf("the record is %+v of %+v", record, record.Migrations[0])
	}
}

// A migration that another runner has taken over and ended is not under way.
func TestRecordOfWhatOthersEnd(t *testing.T) {
	r := newMadeUp()
	r.Event(host.Event{Kind: host.EventPlanned, Steps: 2})
	r.start("000000000001", "m")
	r.Event(host.Event{Kind: host.EventPlanned, Steps: 0})
	record := r.End(host.Result{}, nil)
	if record.Outcome != report.Complete || record.Planned != 2 || record.Migrations[0].State != report.Left {
		t.Errorf("the record is %+v of %+v", record, record.Migrations[0])
	}
}

func TestNoSecretsAreKept(t *testing.T) {
	for _, text := range []string{
		"CREATE ROLE a LOGIN PASSWORD 'swordfish'",
		"alter user a with encrypted password E'sword\\nswordfish'' swordfish'",
		"CREATE SUBSCRIPTION s CONNECTION 'host=h password=swordfish dbname=d' PUBLICATION p",
		strings.Repeat("-", 4090) + " '://app:swordfish@h/d'",
		"DO $$ BEGIN EXECUTE 'ALTER ROLE a PASSWORD ''swordfish'''; END $$",
		"ALTER ROLE a PASSWORD $x$swordfish$x$",
		"SELECT dblink('postgres://app:swordfish@h/d', 'SELECT 1')",
		"CREATE USER MAPPING FOR a SERVER s OPTIONS (user 'u', password 'swordfish')",
		`ALTER ROLE a PASSWORD E'a\'swordfish'`,
		`CREATE SUBSCRIPTION s CONNECTION E'host=h password=\'a swordfish\'' PUBLICATION p`,
		"CREATE SUBSCRIPTION s CONNECTION 'host=h password=''a swordfish''' PUBLICATION p",
		"ALTER ROLE a PASSWORD $a$b$c swordfish$a$",
		"ALTER ROLE a PASSWORD $ä$swordfish$ä$",
		"SELECT dblink('postgres://app:a@b/swordfish@h/d', 'SELECT 1')",
	} {
		r := newMadeUp()
		r.start("000000000001", text)
		r.statement(text, 1, 0, fmt.Errorf("near %s", text))
		r.tell(host.Event{Kind: host.EventLog, Text: text})
		r.tell(host.Event{Kind: host.EventFailed, Err: fmt.Errorf("near %s", text)})
		if file := r.End(host.Result{}, &report.Failure{Message: text, SQL: text}).JSON(); bytes.Contains(file, []byte("swordfish")) {
			t.Errorf("%s is kept in %s", text, file)
		}
	}
}

// What is no record, or one of another form, is refused.
func TestRead(t *testing.T) {
	good := string(sample().JSON())
	for _, c := range []struct{ file, want string }{
		{"", "it is no record"},
		{"{}", "it is no record"},
		{good[:len(good)/2], "unexpected end"},
		{strings.Replace(good, `"sandpiper_record": 1`, `"sandpiper_record": 2`, 1), "of form 2"},
		{strings.Replace(good, `"migrations": [`, `"migrations": [null, `, 1), "null"},
		{strings.Replace(good, `"statements": [`, `"statements": [null, `, 1), "null"},
		{strings.Replace(good, `"backfills": [`, `"backfills": [null, `, 1), "null"},
		{regexp.MustCompile(`"parents": \[\s+0`).ReplaceAllString(good, `"parents": [7`), "its chain is none"},
	} {
		if _, err := report.Read([]byte(c.file)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.40q: %v, want %q", c.file, err, c.want)
		}
	}
}

// The ledger alone makes a page too, of what was done when and by whom.
func TestPageOfTheLedger(t *testing.T) {
	at := time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC)
	var entries []host.Entry
	for i := 3; i > 0; i-- {
		entries = append(entries, host.Entry{ID: int64(i), Key: chain.Key{Line: "main", ID: fmt.Sprintf("%012x", i)}, Action: host.ActionUpgrade,
			Slug: "step", Started: at.AddDate(0, 0, i), Duration: time.Duration(i) * time.Second, Runner: "0.1.0", Reason: "because"})
	}
	r := report.OfLedger(database{}, entries, map[string][]string{"main": {"000000000003"}})
	page, err := r.HTML()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"The ledger of postgres://app@db.example/shop", "from the ledger alone", "What lies between them is left out.",
		`<rect class="whole applied" x="50.000%" y="3" width="50.000%"`, "<td>2026-11-04 08:00:00 UTC</td>", "<td>because</td>",
	} {
		if !strings.Contains(string(page), want) {
			t.Errorf("no %q", want)
		}
	}
	if strings.Contains(string(page), "<details") || strings.Contains(string(page), "Slowest") {
		t.Error("it has something to say of statements")
	}
	if _, err := report.OfLedger(database{}, nil, nil).HTML(); err != nil {
		t.Error(err)
	}
}

// Of a long chain what is around the run is drawn.
func TestChainIsCut(t *testing.T) {
	var revs []chain.Revision
	for i := range 300 {
		rev := chain.Revision{Key: chain.Key{Line: "main", ID: fmt.Sprintf("%012x", i)}, Dialect: chain.PostgreSQL}
		if i > 0 {
			rev.Revises = []string{revs[i-1].ID}
		}
		revs = append(revs, rev)
	}
	g, err := chain.NewGraph(chain.PostgreSQL, revs)
	if err != nil {
		t.Fatal(err)
	}
	r := newMadeUp()
	r.start(revs[100].ID, "m")
	r.applied()
	record := r.End(host.Result{}, nil)
	record.Draw(g, func(chain.Key) bool { return true })
	ids := ""
	for _, n := range record.Chain.Nodes {
		ids += n.Revision.ID + " "
	}
	if n := len(record.Chain.Nodes); n > 62 || !strings.Contains(ids, revs[100].ID) || !strings.Contains(ids, revs[101].ID) || !strings.Contains(ids, revs[99].ID) {
		t.Errorf("%d are drawn: %s", n, ids)
	}
	file := record.JSON()
	if _, err := report.Read(file); err != nil {
		t.Error(err)
	}
	if name := regexp.MustCompile(`"[a-z_]*[A-Z]\w*": `).Find(file); name != nil {
		t.Errorf("the record has the name %s of a Go field", name)
	}
}

// What would turn the text of a terminal around is escaped, and comes back.
func TestRecordIsPrintable(t *testing.T) {
	const said = "a\u202eb\u009bc\u2028d\U000e0041é\x7f"
	r := newMadeUp()
	r.start("000000000001", "m")
	r.tell(host.Event{Kind: host.EventLog, Text: said})
	r.applied()
	file := r.End(host.Result{}, nil).JSON()
	for _, c := range string(file) {
		if c != '\n' && !unicode.IsPrint(c) {
			t.Errorf("%U is in the file as it is", c)
		}
	}
	record, err := report.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	if got := record.Migrations[0].Logs[0].Text; got != said {
		t.Errorf("%q came back", got)
	}
}
