package sha256_test

import (
	stdlib "crypto/sha256"
	"math/rand/v2"
	"testing"

	"github.com/sandpiper-db/sandpiper/sdk/sha256"
)

// The examples of FIPS 180-4, so that this test does not rest on another program
// alone. https://csrc.nist.gov/projects/cryptographic-standards-and-guidelines/example-values
func TestKnownDigests(t *testing.T) {
	for text, want := range map[string]string{
		"":    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"abc": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
		"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq": "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
	} {
		if got := sha256.Sum([]byte(text)).String(); got != want {
			t.Errorf("%q hashes to %s, want %s", text, got, want)
		}
	}
}

// Every length around the ends of blocks, in pieces of any size.
func TestAgainstTheStandardLibrary(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	text := make([]byte, 300)
	for i := range text {
		text[i] = byte(random.Uint32())
	}
	for size := range text {
		h := sha256.New()
		for rest := text[:size]; len(rest) > 0; {
			n := 1 + random.IntN(min(len(rest), 100))
			if wrote, err := h.Write(rest[:n]); wrote != n || err != nil {
				t.Fatalf("wrote %d of %d bytes: %v", wrote, n, err)
			}
			h.Sum() // more may follow
			rest = rest[n:]
		}
		want := stdlib.Sum256(text[:size])
		if got := h.Sum(); got != want {
			t.Errorf("%d bytes hash to %s, want %x", size, got, want)
		}
	}
}

func FuzzSum(f *testing.F) {
	f.Add([]byte("a"), []byte("b"))
	f.Add(make([]byte, 64), make([]byte, 55))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		h := sha256.New()
		h.Write(a)
		h.Write(b)
		if got, want := h.Sum(), stdlib.Sum256(append(a[:len(a):len(a)], b...)); got != want {
			t.Errorf("%x and %x hash to %s, want %x", a, b, got, want)
		}
	})
}

func BenchmarkSum(b *testing.B) {
	text := make([]byte, 1<<16)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		sha256.Sum(text)
	}
}
