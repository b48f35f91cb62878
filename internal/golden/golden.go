// Package golden compares text with a file in testdata/golden. Run the tests
// with -update to write the files anew, then read the difference before
// committing it.
package golden

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

//pitwall:readonly set once by package flag before any test runs
var update = flag.Bool("update", false, "write the golden files instead of comparing with them")

// Check compares got with testdata/golden/NAME of the package under test.
// Name the file after the arguments that made the text.
func Check(t testing.TB, name, got string) {
	t.Helper()
	CheckFile(t, filepath.Join("testdata", "golden", name), got)
}

// CheckFile compares got with any file, such as a page of the documentation
// that is written by a program.
func CheckFile(t testing.TB, path, got string) {
	t.Helper()
	if *update {
		write(t, path, got)
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (go test -update writes it)", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-want +got; go test -update accepts it):\n%s", path, diff)
	}
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
