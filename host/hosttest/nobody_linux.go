package hosttest

import (
	"os"
	"syscall"
	"testing"
)

// AsNobody runs do as a user whom permissions concern.
func AsNobody(t *testing.T, do func()) {
	t.Helper()
	if os.Geteuid() != 0 {
		do()
		return
	}
	const nobody = 65534
	if err := syscall.Setresuid(-1, nobody, -1); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := syscall.Setresuid(-1, 0, -1); err != nil {
			panic(err) // the tests after it would run as somebody else
		}
	}()
	do()
}
