//go:build wasip1

// Command gostdlib is a guest in Go that imports what reaches package syscall, as a plugin may.
package main

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"time"
	"unsafe"
)

//go:wasmimport sandpiper_1.0 exec
func exec(sql unsafe.Pointer, size uint32, params unsafe.Pointer, paramsSize, flags uint32, affected unsafe.Pointer) uint32

func main() {}

// The steps, by number.
const (
	stepPackages = iota
	stepSleep
	stepExitZero
)

//go:wasmexport sandpiper_run
func run(step, direction int32) int32 {
	switch step {
	case stepPackages:
		var v map[string]int
		if err := json.Unmarshal([]byte(`{"a": 1}`), &v); err != nil {
			panic(err)
		}
		_, found := os.LookupEnv("PATH")
		fmt.Println("to standard output")
		return send(fmt.Sprintf("%v %s %d %t", v, hex.EncodeToString([]byte("hi")), len(os.Args), found))
	case stepSleep:
		begin := time.Now()
		time.Sleep(36 * time.Hour)
		woken := make(chan string)
		for i, text := range []string{"last", "first"} {
			go func() {
				time.Sleep(time.Duration(2-i) * time.Minute)
				woken <- text
			}()
		}
		order := <-woken + " " + <-woken
		return send(fmt.Sprint(begin.UTC().Format(time.DateTime), " ", time.Since(begin).Truncate(time.Second), " ", order))
	case stepExitZero:
		fmt.Fprintln(os.Stderr, "all is well")
		send("INSERT")
		os.Exit(0)
	}
	return 0
}

func send(sql string) int32 {
	return int32(exec(unsafe.Pointer(unsafe.StringData(sql)), uint32(len(sql)), nil, 0, 0, nil))
}
