package store

import (
	"bytes"
	"context"
	"io"
	"testing"
	"time"

	"pitwall/core/run"
)

func TestCancelledContextWedgesNobody(t *testing.T) {
	s := mustOpen(t, t.TempDir())
	block := mustOpen(t, s.dir) // another process's connections
	conn, err := block.index.write.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for round := range 20 {
		if _, err := conn.ExecContext(t.Context(), "BEGIN IMMEDIATE"); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		failed := make(chan error, 1)
		go func() {
			_, err := s.Begin(ctx, run.Run{})
			failed <- err
		}()
		time.Sleep(time.Duration(round) * time.Millisecond)
		freed := make(chan error, 1)
		free := func() { _, err := conn.ExecContext(context.Background(), "ROLLBACK"); freed <- err }
		if round%2 == 0 { // the lock comes free as the context ends
			go free()
			cancel()
			<-failed // either way
		} else {
			cancel()
			if err := <-failed; err == nil {
				t.Fatal("begun while another held the lock")
			}
			free()
		}
		if err := <-freed; err != nil {
			t.Fatal(err)
		}
		save(t, s, run.Run{}, map[string]string{"p": "after a cancel"})
		save(t, mustOpen(t, s.dir), run.Run{}, map[string]string{"p": "from elsewhere"})
	}
}

func TestCancelInsideTransactionCompletes(t *testing.T) {
	s := mustOpen(t, t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	w, err := s.Begin(ctx, run.Run{})
	if err != nil {
		t.Fatal(err)
	}
	put(t, w, "p", []byte("x"))
	d := s.disk.syncDir
	s.disk.syncDir = func(path string) error { cancel(); return d(path) } // in mid-write
	if err := w.Seal(ctx); err != nil {
		t.Errorf("sealing: %v", err)
	}
	if err := w.Finish(t.Context(), run.Run{}); err != nil {
		t.Errorf("finishing after: %v", err)
	}
	save(t, s, run.Run{}, map[string]string{"p": "y"})
}

func TestPartStreams(t *testing.T) {
	s := mustOpen(t, t.TempDir())
	w, err := s.Begin(t.Context(), run.Run{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := w.Part(t.Context(), "zeros", "")
	if err != nil {
		t.Fatal(err)
	}
	const size = 64 << 20
	if _, err := io.Copy(p, io.LimitReader(zeros{}, size)); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if err := w.Finish(t.Context(), run.Run{}); err != nil {
		t.Fatal(err)
	}
	r, err := s.Get(t.Context(), w.ID())
	if err != nil {
		t.Fatal(err)
	}
	in, err := s.OpenPart(t.Context(), r, "zeros")
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	if n, err := io.Copy(io.Discard, in); n != size || err != nil {
		t.Errorf("read %d bytes, %v", n, err)
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { return copy(b, bytes.Repeat([]byte{0}, len(b))), nil }
