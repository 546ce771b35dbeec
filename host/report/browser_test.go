package report_test

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// browser is the program that shows pages.
func browser(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatal("chromium is needed, a package of Debian")
	return ""
}

// A browsed page is what a browser made of it.
type browsed struct {
	dom      string
	said     string   // on the console, among others
	requests []string // besides that of the page
}

// browse opens a page in a browser that finds this machine alone.
func browse(t *testing.T, page []byte) browsed {
	t.Helper()
	var mu sync.Mutex
	var b browsed
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if r.URL.Path == "/report.html" {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = w.Write(page)
			return
		}
		b.requests = append(b.requests, r.URL.Path)
	}))
	defer server.Close()
	mu.Lock()
	page = bytes.ReplaceAll(page, []byte("http://stolen.example"), []byte(server.URL))
	mu.Unlock()

	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, browser(t), "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
		"--disable-component-update", "--no-first-run", "--user-data-dir="+t.TempDir(), "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
		"--enable-logging=stderr", "--dump-dom", server.URL+"/report.html")
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir())
	var dom, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &dom, &said
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, &said)
	}
	mu.Lock()
	defer mu.Unlock()
	b.dom, b.said = dom.String(), said.String()
	return b
}

// In a real browser the page has its rows, says nothing on the console, asks for
// nothing, and what a hostile module has put into names, SQL and logs stays text.
func TestPageInABrowser(t *testing.T) {
	page, err := sample().HTML()
	if err != nil {
		t.Fatal(err)
	}
	b := browse(t, page)
	for _, line := range strings.Split(b.said, "\n") {
		if strings.Contains(line, "CONSOLE") {
			t.Errorf("the console says %s", line)
		}
	}
	for _, request := range b.requests {
		if request != "/favicon.ico" { // a browser's own idea
			t.Errorf("the page asks for %s", request)
		}
	}
	for what, want := range map[string]int{
		"<title>upgrade of postgres://app@db.example/shop</title>": 1,
		`<div class="track">`:                      4,
		`<rect class="whole applied"`:              3,
		`<rect class="whole failed"`:               1,
		"<details id=\"m4\" open=\"\">":            1,
		"<details id=\"m2\">":                      1,
		"1,400,000 of 1,400,000 rows (100%)":       1,
		`<span class="badge plain">resumed</span>`: 1,
		"an earlier run began it at 2026-11-25 06:30:00 UTC, and committed 3 parts": 1,
		"<dt>took before</dt><dd>42m":                         1,
		"begun by an earlier run, whose time is counted":      1,
		"<pre>CREATE TABLE orders (":                          2,
		"&lt;script&gt;document.title='owned'&lt;/script&gt;": 6,
		"<script":   0,
		"<img ":     1,
		"\u202e":    0,
		"swordfish": 0,
		"mend the statement, and run `sandpiper upgrade` again": 1,
		"and 290 faster statements":                             1,
		"and 250 faster statements":                             1,
	} {
		if got := strings.Count(b.dom, what); got != want {
			t.Errorf("%q is there %d times, want %d", what, got, want)
		}
	}
	if tag := regexp.MustCompile(`<[a-z]+ [^<>]*(onerror|stolen|127\.0\.0\.1)`).FindString(b.dom); tag != "" {
		t.Errorf("a tag of somebody else's: %s", tag)
	}
	if chunks := strings.Count(b.dom, `<rect class="chunk"`); chunks < 100 || chunks > 250 {
		t.Errorf("there are %d bars of 1,000 chunks", chunks)
	}
}
