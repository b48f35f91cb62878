package cli

import (
	"os"
	"path/filepath"
	"testing"

	"pitwall/core/spec"
)

func TestHistoryIsBesideItsApp(t *testing.T) {
	t.Chdir(t.TempDir())
	if got := historyFile(); got != "" {
		t.Errorf("without pitwall.yml: %q", got)
	}
	if err := os.WriteFile(spec.FileName, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := historyFile(), filepath.Join(here, "benchmarks", "history.ndjson"); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
