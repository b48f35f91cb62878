package profile

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func encoded(t testing.TB, p *Profile) []byte {
	t.Helper()
	var buf bytes.Buffer
	if err := Encode(&buf, p); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// anyProfile draws a consistent profile.
func anyProfile(t *rapid.T) *Profile {
	b := NewBuilder(rapid.SampledFrom([]string{"wall", "cpu"}).Draw(t, "clock"), rapid.Int64().Draw(t, "period"))
	frame := rapid.Custom(func(t *rapid.T) Frame {
		return Frame{
			Name: rapid.String().Draw(t, "name"), File: rapid.String().Draw(t, "file"),
			Line: rapid.Int32().Draw(t, "line"), Kind: FrameKind(rapid.IntRange(0, int(Synthetic)).Draw(t, "kind")),
		}
	})
	for range rapid.IntRange(0, 20).Draw(t, "samples") {
		b.Add(Sample{
			Time: rapid.Int64().Draw(t, "time"), PID: rapid.Int32().Draw(t, "pid"), TID: rapid.Int32().Draw(t, "tid"),
			Stack: b.Path(rapid.SliceOfN(frame, 0, 6).Draw(t, "path")...), State: State(rapid.IntRange(0, int(Dead)).Draw(t, "state")),
			Route: b.Route(rapid.String().Draw(t, "route")), Weight: rapid.Int64().Draw(t, "weight"),
		})
	}
	b.Lose(rapid.String().Draw(t, "cause"), rapid.Int64().Draw(t, "lost"))
	b.Repair(rapid.Int64().Draw(t, "repaired"))
	b.Note(rapid.String().Draw(t, "note"))
	return b.Profile(rapid.Int64().Draw(t, "start"), rapid.Int64().Draw(t, "end"))
}

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		p := anyProfile(rt)
		back, err := Decode(bytes.NewReader(encoded(t, p)))
		if err != nil {
			rt.Fatal(err)
		}
		if d := cmp.Diff(p, back); d != "" {
			rt.Fatal(d)
		}
	})
}

func TestBlocksAreStreamed(t *testing.T) {
	b := NewBuilder("wall", 10)
	at := b.Path(fr("main", 1))
	for i := range int64(2*BlockSize + 5) {
		b.Add(Sample{Time: i * 10_000_000, PID: 7, TID: 8, Stack: at, State: Running, Route: -1, Weight: 10_000_000})
	}
	data := encoded(t, b.Profile(0, 1))
	if per := len(data) / (2 * BlockSize); per > 11 {
		t.Errorf("%d bytes a sample", per)
	}
	r, err := NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	var sizes []int
	for {
		block, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, len(block))
	}
	if d := cmp.Diff([]int{BlockSize, BlockSize, 5}, sizes); d != "" {
		t.Error(d)
	}
}

func TestCutDataIsAnError(t *testing.T) {
	data := encoded(t, sampled())
	for n := range data {
		if _, err := Decode(bytes.NewReader(data[:n])); err == nil {
			t.Errorf("%d of %d bytes were accepted", n, len(data))
		}
	}
}

func TestForeignAndFutureData(t *testing.T) {
	if _, err := Decode(bytes.NewReader([]byte("GIF89a"))); err == nil {
		t.Error("a picture was accepted")
	}
	data := encoded(t, sampled())
	data[len(magic)] = 9
	var v *VersionError
	if _, err := Decode(bytes.NewReader(data)); !errors.As(err, &v) || v.Found != 9 {
		t.Errorf("version 9: %v", err)
	}
	p := sampled()
	p.Samples[0].Stack = 77
	if err := Encode(io.Discard, p); err == nil {
		t.Error("an inconsistent profile was written")
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(encoded(f, sampled()))
	f.Add([]byte(magic + "\x01H"))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := Decode(bytes.NewReader(data))
		if err != nil {
			return
		}
		if err := p.Check(); err != nil {
			t.Fatal(err)
		}
		_, _ = p.Tree(ByMethod), p.Top(ByLine)
		back, err := Decode(bytes.NewReader(encoded(t, p)))
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(p, back); d != "" {
			t.Error(d)
		}
	})
}
