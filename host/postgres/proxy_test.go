package postgres_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
)

// A proxy stands between a runner and its server: it counts what passes, plays
// the pooler, and cuts the line.
type proxy struct {
	url string // of the database, through the proxy

	mu       sync.Mutex
	messages map[byte]int // sent by clients, by type
	named    int          // Parse messages with a statement's name
	cut      func(kind byte, body []byte) bool
	swallow  bool   // cut once the server has answered, and keep the answer
	last     []byte // what a client hears before the cut
	conns    []net.Conn
}

// newProxy starts a proxy to the server of a URL. A pooler tells its clients
// another process id than the server's.
func newProxy(t *testing.T, rawURL string, pooler bool) *proxy {
	t.Helper()
	u, err := url.Parse(rawURL)
	if err != nil {
		t.Fatal(err)
	}
	server := u.Host
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	u.Host = l.Addr().String()
	p := &proxy{url: u.String(), messages: map[byte]int{}}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			upstream, err := net.Dial("tcp", server)
			if err != nil {
				client.Close()
				continue
			}
			p.mu.Lock()
			p.conns = append(p.conns, client, upstream)
			p.mu.Unlock()
			var muted atomic.Bool
			wg.Go(func() { p.forward(client, upstream, &muted) })
			wg.Go(func() { answer(upstream, client, pooler, &muted) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		p.close()
		wg.Wait()
	})
	return p
}

// close cuts all connections.
func (p *proxy) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		c.Close()
	}
}

// reset forgets what has passed.
func (p *proxy) reset() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.messages, p.named = map[byte]int{}, 0
}

// count returns how many messages of a type clients have sent.
func (p *proxy) count(kind byte) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.messages[kind]
}

// forward passes on what the client sends. The first message of a connection
// has no type.
func (p *proxy) forward(client, upstream net.Conn, muted *atomic.Bool) {
	defer client.Close()
	defer upstream.Close()
	r := bufio.NewReader(client)
	for first := true; ; first = false {
		var head []byte
		if !first {
			head = make([]byte, 1)
			if _, err := io.ReadFull(r, head); err != nil {
				return
			}
		}
		size := make([]byte, 4)
		if _, err := io.ReadFull(r, size); err != nil {
			return
		}
		body := make([]byte, binary.BigEndian.Uint32(size)-4)
		if _, err := io.ReadFull(r, body); err != nil {
			return
		}
		if !first {
			p.mu.Lock()
			p.messages[head[0]]++
			if head[0] == 'P' && body[0] != 0 {
				p.named++
			}
			cut := p.cut != nil && p.cut(head[0], body)
			swallow, last := p.swallow, p.last
			p.mu.Unlock()
			if cut && !swallow {
				client.Write(last)
				return
			}
			muted.Store(cut)
		}
		if _, err := upstream.Write(bytes.Join([][]byte{head, size, body}, nil)); err != nil {
			return
		}
	}
}

// answer passes on what the server sends. Muted, it waits for the server to be
// ready again and cuts the line.
func answer(upstream, client net.Conn, pooler bool, muted *atomic.Bool) {
	defer client.Close()
	r := bufio.NewReader(upstream)
	for {
		head := make([]byte, 5)
		if _, err := io.ReadFull(r, head); err != nil {
			return
		}
		body := make([]byte, binary.BigEndian.Uint32(head[1:])-4)
		if _, err := io.ReadFull(r, body); err != nil {
			return
		}
		if head[0] == 'K' && pooler {
			binary.BigEndian.PutUint32(body, 1<<30+7)
		}
		if muted.Load() {
			if head[0] == 'Z' {
				return
			}
			continue
		}
		if _, err := client.Write(append(head, body...)); err != nil {
			return
		}
	}
}
