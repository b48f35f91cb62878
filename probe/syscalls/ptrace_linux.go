//go:build amd64 || arm64

package syscalls

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// info is struct ptrace_syscall_info of ptrace(2) as far as we read it: a
// union follows the stack pointer.
type info struct {
	op    uint8
	_     [3]byte
	arch  uint32
	_     [2]uint64
	union [7]uint64 // entry: number, six arguments; exit: result, is_error
	_     [2]uint64
}

func syscallInfo(tid int) (info, error) {
	var i info
	_, _, errno := unix.Syscall6(unix.SYS_PTRACE, unix.PTRACE_GET_SYSCALL_INFO, uintptr(tid), unsafe.Sizeof(i), uintptr(unsafe.Pointer(&i)), 0, 0)
	if errno != 0 {
		return i, errno
	}
	return i, nil
}

func ptrace(request, tid int, data uintptr) error {
	_, _, errno := unix.Syscall6(unix.SYS_PTRACE, uintptr(request), uintptr(tid), 0, data, 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}

// peek says which child of this thread has something to tell, and leaves it
// to be waited for. Other threads' children are not ours.
func peek() (pid int, ended bool, err error) {
	var s struct {
		signo, errno, code, _ int32
		pid                   int32 // siginfo_t of a SIGCHLD on 64 bits
		_                     [108]byte
	}
	for {
		err = unix.Waitid(unix.P_ALL, 0, (*unix.Siginfo)(unsafe.Pointer(&s)), unix.WEXITED|unix.WSTOPPED|unix.WNOWAIT|unix.WALL|unix.WNOTHREAD, nil)
		if err != unix.EINTR {
			break
		}
	}
	const exited, killed, dumped = 1, 2, 3 // CLD_EXITED, CLD_KILLED, CLD_DUMPED
	return int(s.pid), s.code == exited || s.code == killed || s.code == dumped, err
}

// memory reads n bytes of a process, or as many as are mapped.
func memory(tid int, at uint64, n int) []byte {
	b := make([]byte, n)
	local := []unix.Iovec{{Base: &b[0]}}
	got := 0
	for got < n {
		page := 4096 - int((at+uint64(got))%4096)
		step := min(page, n-got)
		local[0].Base = &b[got]
		local[0].SetLen(step)
		read, err := unix.ProcessVMReadv(tid, local, []unix.RemoteIovec{{Base: uintptr(at) + uintptr(got), Len: step}}, 0)
		if err != nil || read <= 0 {
			break
		}
		got += read
	}
	return b[:got]
}

// text reads a string that ends with a zero byte.
func text(tid int, at uint64) string {
	b, _, _ := bytes.Cut(memory(tid, at, 4096), []byte{0})
	return string(b)
}

// word is the i-th 64-bit number of b; false when it is cut off.
func word(b []byte, i int) (uint64, bool) {
	if len(b) < 8*i+8 {
		return 0, false
	}
	return binary.NativeEndian.Uint64(b[8*i:]), true
}

// statusField is a number of /proc/TID/status, -1 when it cannot be read.
func statusField(tid int, name string) int {
	for line := range strings.Lines(string(readStatus(tid))) {
		if rest, ok := strings.CutPrefix(line, name+":"); ok {
			if n, err := strconv.Atoi(strings.TrimSpace(rest)); err == nil {
				return n
			}
		}
	}
	return -1
}

func readStatus(tid int) []byte {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", tid))
	if err != nil {
		return nil
	}
	return b
}
