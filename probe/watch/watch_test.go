package watch

import (
	"context"
	"net"
	"os"
	"testing"
	"time"

	"pitwall/core/series"
)

func find(all []series.Series, name string) *series.Series {
	for i := range all {
		if all[i].Name == name {
			return &all[i]
		}
	}
	return nil
}

// A socket that nobody accepts from has a queue that we know by construction.
func TestListenQueueCountsConnectionsThatWait(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for range 3 {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
	}
	w := Start(context.Background(), Options{Every: 5 * time.Millisecond, Port: l.Addr().(*net.TCPAddr).Port,
		Targets: func() []Target { return []Target{{PID: os.Getpid(), Role: "self"}} }})
	var s *series.Series
	for range 500 {
		if s = find(w.Series(), "listen_queue"); s != nil {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	all := w.Stop()
	if s == nil || s.Points[0].Value != 3 {
		t.Fatalf("listen queue %+v, want 3", s)
	}
	for _, name := range []string{"rss", "pss"} {
		if s := find(all, name); s == nil || s.Points[0].Value < 1<<20 || s.Labels["process"] != "self" {
			t.Errorf("%s: %+v", name, s)
		}
	}
}

func TestGapsAreMarked(t *testing.T) {
	w := &Watcher{series: map[string]*series.Series{}}
	for _, at := range []int64{0, 10, 20, 30, 500, 510} {
		w.Add("x", "1", map[string]string{}, at, 1)
	}
	s := w.Series()[0]
	if len(s.Gaps) != 1 || s.Gaps[0].Start != 30 || s.Gaps[0].End != 500 {
		t.Errorf("gaps %+v", s.Gaps)
	}
}
