package proc

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"runtime"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

func addr(b []byte) uint64 { return uint64(uintptr(unsafe.Pointer(&b[0]))) }

func TestReadVFillsEveryRange(t *testing.T) {
	src := bytes.Repeat([]byte("abcdefgh"), 3000)
	m, err := OpenMemory(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	ranges := make([]Range, 2500) // more than one call takes
	for i := range ranges {
		ranges[i] = Range{Addr: addr(src) + uint64(i), Buf: make([]byte, i%9)}
	}
	if err := m.ReadV(ranges); err != nil {
		t.Fatal(err)
	}
	for i, r := range ranges {
		if !bytes.Equal(r.Buf, src[i:i+i%9]) {
			t.Fatalf("range %d: %q, want %q", i, r.Buf, src[i:i+i%9])
		}
	}
	runtime.KeepAlive(src)
}

// A mapping of two pages whose second one is taken away again.
func hole(t *testing.T) []byte {
	t.Helper()
	page := os.Getpagesize()
	b, err := unix.Mmap(-1, 0, 2*page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Mprotect(b[page:], unix.PROT_NONE); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Munmap(b) })
	return b[:page]
}

func TestShortReadNamesItsRange(t *testing.T) {
	page := hole(t)
	end := addr(page) + uint64(len(page))
	good := func() Range { return Range{Addr: addr(page), Buf: make([]byte, 8)} }
	for name, c := range map[string]struct {
		ranges []Range
		index  int
	}{
		"first":    {[]Range{{Addr: end, Buf: make([]byte, 8)}, good()}, 0},
		"middle":   {[]Range{good(), {Addr: end, Buf: make([]byte, 8)}, good()}, 1},
		"straddle": {[]Range{good(), {Addr: end - 4, Buf: make([]byte, 8)}}, 1},
		"null":     {[]Range{good(), good(), {Addr: 0, Buf: make([]byte, 8)}}, 2},
	} {
		m := &Memory{pid: os.Getpid()}
		var short *ShortReadError
		if err := m.ReadV(c.ranges); !errors.As(err, &short) || short.Index != c.index || short.Got >= short.Want {
			t.Errorf("%s: %v, want a short read of range %d", name, err, c.index)
		}
	}
}

func TestShortReadInALaterCall(t *testing.T) {
	page := hole(t)
	ranges := make([]Range, 1500)
	for i := range ranges {
		ranges[i] = Range{Addr: addr(page), Buf: make([]byte, 8)}
	}
	ranges[1300].Addr += uint64(len(page))
	var short *ShortReadError
	if err := (&Memory{pid: os.Getpid()}).ReadV(ranges); !errors.As(err, &short) || short.Index != 1300 {
		t.Errorf("%v, want a short read of range 1300", err)
	}
}

func TestGoneProcess(t *testing.T) {
	cmd := exec.Command("/bin/cat")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	id, err := Identify(cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	m, err := OpenMemory(cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	if err := id.Check(); err != nil {
		t.Errorf("alive: %v", err)
	}
	in.Close()
	_ = cmd.Wait()
	if err := id.Check(); !errors.Is(err, ErrGone) {
		t.Errorf("identity: %v", err)
	}
	if err := m.ReadV([]Range{{Addr: 4096, Buf: make([]byte, 1)}}); !errors.Is(err, ErrGone) {
		t.Errorf("memory: %v", err)
	}
	if _, err := OpenMemory(cmd.Process.Pid); !errors.Is(err, ErrGone) {
		t.Errorf("open: %v", err)
	}
	if err := (Identity{PID: os.Getpid(), Started: 1}).Check(); !errors.Is(err, ErrGone) {
		t.Errorf("a pid given to another process: %v", err)
	}
}

func TestThreadIDsOfOurselves(t *testing.T) {
	ids, err := ThreadIDs(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if ids[os.Getpid()] != os.Getpid() {
		t.Errorf("%v lacks our main thread", ids)
	}
}
