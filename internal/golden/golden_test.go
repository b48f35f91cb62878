package golden

import (
	"os"
	"path/filepath"
	"testing"
)

// failures counts what a check reported, without failing the real test.
type failures struct {
	testing.TB
	errors int
}

func (f *failures) Helper()               {}
func (f *failures) Errorf(string, ...any) { f.errors++ }

func TestCheckTellsADifference(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, filepath.Join("testdata", "golden", "a.txt"), "one\n")
	for text, want := range map[string]int{"one\n": 0, "two\n": 1} {
		f := &failures{TB: t}
		Check(f, "a.txt", text)
		if f.errors != want {
			t.Errorf("%q: %d differences, want %d", text, f.errors, want)
		}
	}
}

func TestUpdateWrites(t *testing.T) {
	t.Chdir(t.TempDir())
	*update = true
	defer func() { *update = false }()
	Check(t, "deep/b.txt", "new\n")
	got, err := os.ReadFile("testdata/golden/deep/b.txt")
	if err != nil || string(got) != "new\n" {
		t.Errorf("wrote %q, %v", got, err)
	}
}
