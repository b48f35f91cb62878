package proc

import (
	"net"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
)

const sampleTCP = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000007 00:00000000 00000000     0        0 4711 1 0000000000000000 100 0 0 10 0
   1: 0100007F:1F90 0A01A8C0:D431 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0000000000000000 20 4 30 10 -1
`

// The sample's addresses are those of proc(5): words in host byte order.
func TestParseSockets(t *testing.T) {
	got, err := parseSockets(strings.NewReader(sampleTCP))
	if err != nil || len(got) != 2 {
		t.Fatalf("%+v, %v", got, err)
	}
	if got[0].State != Listening || got[0].Receive != 7 || got[0].Local != netip.MustParseAddrPort("127.0.0.1:8080") || got[0].Inode != 4711 {
		t.Errorf("listening socket: %+v", got[0])
	}
	if got[1].Remote != netip.MustParseAddrPort("192.168.1.10:54321") || got[1].State != Established {
		t.Errorf("established socket: %+v", got[1])
	}
}

func FuzzParseSockets(f *testing.F) {
	f.Add(sampleTCP)
	f.Add("h\n: : : :\n")
	f.Fuzz(func(t *testing.T, text string) { parseSockets(strings.NewReader(text)) })
}

func TestOwnSocketsAreFound(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	sockets, err := TCPSockets(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	inodes, err := SocketInodes(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	mine := map[uint64]bool{}
	for _, i := range inodes {
		mine[i] = true
	}
	for _, s := range sockets {
		if s.Local.String() == l.Addr().String() && s.State == Listening && mine[s.Inode] {
			return
		}
	}
	t.Errorf("the listener %s is not among %d sockets of ours", l.Addr(), len(sockets))
}

func TestReadStatOfOurselves(t *testing.T) {
	s, err := ReadStat(os.Getpid())
	if err != nil || s.PID != os.Getpid() || s.Parent != os.Getppid() || s.Started <= 0 || s.Threads < 1 {
		t.Errorf("%+v, %v", s, err)
	}
}

// A command may hold any byte, brackets and blanks included.
func TestParseStatWithHostileName(t *testing.T) {
	fields := " S 17" + strings.Repeat(" 0", 48)
	s, err := parseStat([]byte("99 (a) R 1 (b))" + fields))
	if err != nil || s.Command != "a) R 1 (b)" || s.Parent != 17 || s.PID != 99 {
		t.Errorf("%+v, %v", s, err)
	}
}

func FuzzParseStat(f *testing.F) {
	f.Add([]byte("1 (x) S 1 2 3"))
	f.Fuzz(func(t *testing.T, b []byte) { parseStat(b) })
}

// Both ways of finding children must find the same ones.
func TestDescendantsAgree(t *testing.T) {
	cmd := exec.Command("sh", "-c", "sleep 60 & sleep 60 & echo up; wait")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 3)); err != nil {
		t.Fatal(err)
	}
	listed, scanned := Descendants(os.Getpid()), scannedChildren()(cmd.Process.Pid)
	for _, pid := range append(listed, scanned...) {
		defer syscall.Kill(pid, syscall.SIGKILL)
	}
	if len(scanned) != 2 || len(listed) < 3 {
		t.Errorf("scanned %v, want two; listed %v, want the shell and those two", scanned, listed)
	}
	for _, pid := range scanned {
		if !slices.Contains(listed, pid) {
			t.Errorf("%d is a descendant and not among %v", pid, listed)
		}
	}
}
