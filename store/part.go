package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"sync"

	"github.com/klauspost/compress/zstd"

	"pitwall/core/run"
)

// window bounds the memory that reading a part takes. The encoder stays
// under it.
const window = 8 << 20

// partWriter streams one part to its temporary file.
type partWriter struct {
	writer *Writer
	part   run.Part

	mu   sync.Mutex
	file file
	zip  *zstd.Encoder
	sum  hash.Hash
	err  error
	done bool
}

// ready is a part whose content is durable under a temporary name.
type ready struct {
	part run.Part
	tmp  string // empty for an outside file
}

func newPartWriter(w *Writer, path string, part run.Part) (*partWriter, error) {
	f, err := w.store.disk.create(path)
	if err != nil {
		return nil, unwritable(path, err)
	}
	zip, err := zstd.NewWriter(f, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(window))
	if err != nil {
		f.Close()
		os.Remove(path)
		return nil, err
	}
	return &partWriter{writer: w, part: part, file: f, zip: zip, sum: sha256.New()}, nil
}

// Write adds to the part. The first error sticks and names the file.
func (p *partWriter) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.done {
		return 0, errDone
	}
	if p.err != nil {
		return 0, p.err
	}
	n, err := p.zip.Write(b)
	p.sum.Write(b[:n])
	p.part.Bytes += int64(n)
	p.fail(err)
	return n, p.err
}

func (p *partWriter) fail(err error) {
	if err != nil && p.err == nil {
		p.err = fmt.Errorf("writing part %s: %w", p.part.Name, err)
	}
}

// Close makes the content durable. A part that cannot be made so is dropped,
// and the run will say it.
func (p *partWriter) Close() error {
	w := p.writer
	w.mu.Lock()
	defer w.mu.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.done {
		return p.err
	}
	p.done = true
	delete(w.writing, p.part.Name)
	p.fail(p.zip.Close())
	if p.err == nil {
		p.fail(p.file.Sync())
	}
	p.fail(p.file.Close())
	if p.err != nil {
		os.Remove(p.file.Name())
		w.failed = append(w.failed, p.err.Error())
		return p.err
	}
	p.part.SHA256 = hex.EncodeToString(p.sum.Sum(nil))
	w.ready = append(w.ready, &ready{part: p.part, tmp: p.file.Name()})
	return nil
}

// abandon ends the part without keeping it; the temporary file stays for
// recover, which names it.
func (p *partWriter) abandon() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.done {
		p.done = true
		p.err = errDone
		p.zip.Close()
		p.file.Close()
	}
}

// seal puts the ready parts under their final names and into the index. It
// runs inside a write transaction: nobody sweeps parts meanwhile.
func (w *Writer) seal(ctx context.Context, conn *sql.Conn) error {
	if len(w.ready) == 0 {
		return nil
	}
	if err := w.place(); err != nil {
		return err
	}
	const segment = "INSERT INTO segment (run_id, number, sealed_ns) VALUES (?, ?, ?)"
	if _, err := conn.ExecContext(ctx, segment, w.begun.ID, w.segment, w.store.now().UnixNano()); err != nil {
		return err
	}
	for place, r := range w.ready {
		if err := insertPart(ctx, conn, w.begun.ID, w.segment, place, r.part); err != nil {
			return err
		}
	}
	return nil
}

// sealed forgets parts that the index now holds.
func (w *Writer) sealed() {
	if len(w.ready) == 0 {
		return
	}
	for _, r := range w.ready {
		if r.tmp != "" {
			os.Remove(r.tmp)
		}
	}
	w.ready = nil
	w.segment++
}

// place gives each ready file its final name beside the temporary one, so
// that a segment that does not commit can be sealed again, and makes the
// names durable. It replaces content of the same digest: that mends rot.
func (w *Writer) place() error {
	dirs := map[string]bool{}
	for _, r := range w.ready {
		if r.tmp == "" {
			continue
		}
		final := w.store.partPath(r.part.SHA256)
		dir := filepath.Dir(final)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return unwritable(dir, err)
		}
		dirs[dir] = true
		if err := w.store.disk.place(r.tmp, final); err != nil {
			return unwritable(final, err)
		}
	}
	if len(dirs) > 0 {
		dirs[filepath.Join(w.store.dir, "parts")] = true
	}
	for dir := range dirs {
		if err := w.store.disk.syncDir(dir); err != nil {
			return unwritable(dir, err)
		}
	}
	return nil
}

// digest hashes a whole file.
func digest(ctx context.Context, path string) (sum string, bytes int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", 0, err
	}
	if !info.Mode().IsRegular() {
		return "", 0, &os.PathError{Op: "read", Path: path, Err: errors.New("not a regular file")}
	}
	h := sha256.New()
	n, err := io.Copy(h, contextReader{ctx, f})
	return hex.EncodeToString(h.Sum(nil)), n, err
}

// contextReader ends when its context does.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c contextReader) Read(b []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(b)
}
