package exec

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// keptBytes is how much of the end of an output is kept.
const keptBytes = 16 << 10

// Output is what a command wrote, as far as it is kept.
type Output struct {
	Bytes  int64  // written in all; -1 when it was not looked at
	SHA256 string // of all of it, in hex; empty when it was not looked at
	Tail   []byte // the last bytes, at most 16 KiB
}

// Lines are the last lines of the output, at most n, without empty ones at
// the end.
func (o Output) Lines(n int) []string {
	text := strings.TrimRight(strings.ToValidUTF8(string(o.Tail), "\uFFFD"), "\n\r\t ")
	if text == "" {
		return []string{}
	}
	lines := strings.Split(text, "\n")
	return lines[max(0, len(lines)-n):]
}

// drain reads one pipe until its end in a goroutine.
type drain struct {
	read *os.File
	done chan struct{}
	sum  hash.Hash
	n    int64
	tail []byte
}

// newDrain makes a pipe and gives its writing end, which blocks as programs
// expect.
func newDrain() (*drain, *os.File, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, nil, fmt.Errorf("making a pipe: %w", err)
	}
	if err := unix.SetNonblock(int(w.Fd()), false); err != nil {
		r.Close()
		w.Close()
		return nil, nil, fmt.Errorf("making a pipe: %w", err)
	}
	return &drain{read: r, done: make(chan struct{}), sum: sha256.New()}, w, nil
}

func (d *drain) run() {
	defer close(d.done)
	buf := make([]byte, 64<<10)
	for {
		n, err := d.read.Read(buf)
		d.sum.Write(buf[:n])
		d.n += int64(n)
		d.tail = append(d.tail, buf[:n]...)
		if len(d.tail) > 2*keptBytes {
			d.tail = append(d.tail[:0], d.tail[len(d.tail)-keptBytes:]...)
		}
		if err != nil {
			return
		}
	}
}

// lastWords is how long a pipe may stay open behind the command's end: by
// then every process of it that we know is gone.
const lastWords = 200 * time.Millisecond

// end waits for the end of the pipe, or takes what came.
func (d *drain) end() Output {
	_ = d.read.SetReadDeadline(time.Now().Add(lastWords))
	<-d.done
	d.read.Close()
	return Output{Bytes: d.n, SHA256: hex.EncodeToString(d.sum.Sum(nil)), Tail: d.tail[max(0, len(d.tail)-keptBytes):]}
}

// end is the end of a file that is still being written.
func end(f *os.File) Output {
	o := Output{Bytes: -1}
	st, err := f.Stat()
	if err != nil {
		return o
	}
	o.Bytes = st.Size()
	tail := make([]byte, min(o.Bytes, keptBytes))
	n, _ := f.ReadAt(tail, o.Bytes-int64(len(tail)))
	o.Tail = tail[:n]
	return o
}

// unlooked is the output that went to /dev/null.
func unlooked() Output { return Output{Bytes: -1} }
