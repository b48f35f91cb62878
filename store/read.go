package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/klauspost/compress/zstd"

	"pitwall/core/run"
)

// OpenPart opens a part of a run for reading as a stream. Its size and digest
// are checked on the way: a reader that reaches io.EOF has read exactly what
// was stored, anything else ends in a *CorruptError. An outside file is
// verified whole before it is opened. A missing part is a *NotFoundError.
func (s *Store) OpenPart(ctx context.Context, r run.Run, name string) (io.ReadCloser, error) {
	for _, p := range r.Parts {
		if p.Name != name {
			continue
		}
		if p.Ref != "" {
			return openRef(ctx, p)
		}
		return s.openOwn(ctx, p)
	}
	return nil, &NotFoundError{What: "part", Name: name}
}

func (s *Store) openOwn(ctx context.Context, p run.Part) (io.ReadCloser, error) {
	if len(p.SHA256) != 64 || strings.Trim(p.SHA256, "0123456789abcdef") != "" {
		return nil, &CorruptError{Path: s.index.path, Why: fmt.Sprintf("part %s has no digest", p.Name)}
	}
	path := s.partPath(p.SHA256)
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &CorruptError{Path: path, Why: "the file is missing"}
	}
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	unzip, err := zstd.NewReader(contextReader{ctx, f},
		zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(window), zstd.WithDecoderLowmem(true))
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("store: %w", err)
	}
	closing := func() error { unzip.Close(); return f.Close() }
	return &verified{from: unzip, close: closing, path: path, part: p, sum: sha256.New()}, nil
}

func openRef(ctx context.Context, p run.Part) (io.ReadCloser, error) {
	sum, bytes, err := digest(ctx, p.Ref)
	if err != nil {
		return nil, fmt.Errorf("store: part %s: %w", p.Name, err)
	}
	if sum != p.SHA256 || bytes != p.Bytes {
		return nil, &CorruptError{Path: p.Ref, Why: "it changed since it was recorded"}
	}
	f, err := os.Open(p.Ref)
	if err != nil {
		return nil, fmt.Errorf("store: part %s: %w", p.Name, err)
	}
	return &verified{from: contextReader{ctx, f}, close: f.Close, path: p.Ref, part: p, sum: sha256.New()}, nil
}

// verified reads exactly the bytes of a part, or says what is wrong.
type verified struct {
	from  io.Reader
	close func() error
	path  string
	part  run.Part
	sum   hash.Hash
	read  int64
	err   error
}

func (v *verified) Read(b []byte) (int, error) {
	if v.err != nil || len(b) == 0 {
		return 0, v.err
	}
	if room := v.part.Bytes - v.read + 1; int64(len(b)) > room { // one more shows an overrun
		b = b[:room]
	}
	n, err := v.from.Read(b)
	v.read += int64(n)
	if v.read > v.part.Bytes {
		v.err = &CorruptError{Path: v.path, Why: fmt.Sprintf("it holds more than its %d bytes", v.part.Bytes)}
		return 0, v.err
	}
	v.sum.Write(b[:n])
	if err != nil {
		v.err = v.end(err)
	}
	return n, v.err
}

// end judges how reading stopped.
func (v *verified) end(err error) error {
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case err != io.EOF:
		var at *fs.PathError
		if errors.As(err, &at) {
			return fmt.Errorf("store: %w", err)
		}
		return &CorruptError{Path: v.path, Why: err.Error()}
	case v.read != v.part.Bytes:
		return &CorruptError{Path: v.path, Why: fmt.Sprintf("it ends after %d of %d bytes", v.read, v.part.Bytes)}
	case hex.EncodeToString(v.sum.Sum(nil)) != v.part.SHA256:
		return &CorruptError{Path: v.path, Why: "its content does not match its digest"}
	}
	return io.EOF
}

func (v *verified) Close() error { return v.close() }
