package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pitwall/core/run"
)

func TestNewerFormatIsRefused(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir)
	w, err := s.Begin(t.Context(), run.Run{})
	if err != nil {
		t.Fatal(err)
	}
	put(t, w, "p", []byte("x"))
	if _, err := s.index.write.Exec(fmt.Sprintf("PRAGMA user_version = %d", Format+1)); err != nil {
		t.Fatal(err)
	}
	var newer *NewerFormatError
	if _, err := Open(t.Context(), dir); !errors.As(err, &newer) || newer.Found != Format+1 || newer.Known != Format {
		t.Errorf("opening: %v", err)
	}
	if err := w.Seal(t.Context()); !errors.As(err, &newer) {
		t.Errorf("writing through a store opened before: %v", err)
	}
}

func TestForeignFilesAreRefused(t *testing.T) {
	for name, sql := range map[string]string{
		"tables":  "CREATE TABLE a (b)",
		"mark":    "PRAGMA application_id = 7",
		"version": "PRAGMA user_version = 1; CREATE TABLE a (b)",
	} {
		dir := t.TempDir()
		x, err := openIndex(filepath.Join(dir, "index.db"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := x.write.Exec(sql); err != nil {
			t.Fatal(err)
		}
		x.close()
		var corrupt *CorruptError
		if _, err := Open(t.Context(), dir); !errors.As(err, &corrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestMigrationBacksUpAndKeeps(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir)
	r := save(t, s, run.Run{App: "shop"}, map[string]string{"p": "kept"})
	s.Close()

	bad := append(steps(), step{to: Format + 1, sql: "ALTER TABLE run ADD COLUMN colour TEXT; CREATE NONSENSE;"})
	if _, err := open(t.Context(), dir, realDisk(), bad); err == nil || !strings.Contains(err.Error(), "migrating to format 2") {
		t.Fatalf("a step that fails: %v", err)
	}
	s = mustOpen(t, dir) // format 1 still
	if text, err := content(t, s, r, "p"); text != "kept" {
		t.Fatalf("after a step that failed: %q, %v", text, err)
	}
	s.Close()

	good := append(steps(), step{to: Format + 1, sql: "ALTER TABLE run ADD COLUMN colour TEXT;"},
		step{to: Format + 2, sql: "UPDATE run SET colour = 'red';"})
	s, err := open(t.Context(), dir, realDisk(), good)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var colour string
	if err := s.index.read.QueryRow("SELECT colour FROM run").Scan(&colour); err != nil || colour != "red" {
		t.Errorf("colour %q, %v", colour, err)
	}
	if got, err := s.Get(t.Context(), r.ID); err != nil || got.App != "shop" {
		t.Errorf("%+v, %v", got, err)
	}
	backups := files(t, s, "backups")
	if len(backups) != 2 {
		t.Fatalf("backups: %v", backups)
	}
	checkBackup(t, backups[0], r.ID)
}

// checkBackup opens a backup as the index of a store of the old format.
func checkBackup(t *testing.T, path, id string) {
	t.Helper()
	dir := t.TempDir()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "index.db"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Open(context.Background(), dir)
	if err != nil {
		t.Fatalf("the backup: %v", err)
	}
	defer s.Close()
	if _, err := s.Get(context.Background(), id); err != nil {
		t.Errorf("the backup: %v", err)
	}
}
