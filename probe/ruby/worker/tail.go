package worker

import (
	"strings"
	"sync"
)

// tail keeps the end of what is written to it.
type tail struct {
	mu      sync.Mutex
	kept    []byte
	written int64
}

// keeps is how many bytes a tail holds.
const keeps = 8 << 10

// Write never fails and never holds more than twice what is kept.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.written += int64(len(p))
	t.kept = append(t.kept, p[max(0, len(p)-keeps):]...)
	if len(t.kept) > 2*keeps {
		t.kept = append(t.kept[:0], t.kept[len(t.kept)-keeps:]...)
	}
	return len(p), nil
}

// Written is how many bytes there were in all.
func (t *tail) Written() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.written
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	text := strings.ToValidUTF8(string(t.kept[max(0, len(t.kept)-keeps):]), "�")
	return strings.TrimRight(text, "\n")
}
