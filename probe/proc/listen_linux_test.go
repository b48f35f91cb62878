package proc

import (
	"net"
	"os"
	"testing"
)

// A socket from which nobody accepts has a queue that we know; /proc must
// agree with netlink.
func TestListenQueueByNetlinkAndProc(t *testing.T) {
	for _, address := range []string{"127.0.0.1:0", "[::1]:0"} {
		l, err := net.Listen("tcp", address)
		if err != nil {
			t.Logf("no %s here: %v", address, err)
			continue
		}
		defer l.Close()
		for range 4 {
			c, err := net.Dial("tcp", l.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
		}
		port := l.Addr().(*net.TCPAddr).Port
		waiting, found, err := ListenQueue(os.Getpid(), port)
		if err != nil || !found || waiting != 4 {
			t.Errorf("%s: %d waiting, found %v, %v; want 4", address, waiting, found, err)
		}
		if waiting, found, err := listenQueueOf(os.Getpid(), port); err != nil || !found || waiting != 4 {
			t.Errorf("%s in /proc: %d waiting, found %v, %v; want 4", address, waiting, found, err)
		}
	}
	if _, found, err := ListenQueue(os.Getpid(), 1); found || err != nil {
		t.Errorf("port 1: found %v, %v", found, err)
	}
}

func FuzzSumListening(f *testing.F) {
	f.Add(make([]byte, 16))
	f.Fuzz(func(t *testing.T, b []byte) { sumListening(b, 80) })
}
