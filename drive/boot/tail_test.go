package boot

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestTailShowsTheErrorAndNotItsBacktrace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	text := "* Preloading application\n! Unable to load application: LoadError: cannot load such file -- listen\nboot.rb:5:in `require': cannot load such file -- listen (LoadError)\n"
	for i := range 90 {
		text += fmt.Sprintf("\tfrom /usr/lib/ruby/vendor_ruby/some/file.rb:%d:in `load'\n", i)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	want := []string{"* Preloading application", "! Unable to load application: LoadError: cannot load such file -- listen",
		"boot.rb:5:in `require': cannot load such file -- listen (LoadError)",
		"\tfrom /usr/lib/ruby/vendor_ruby/some/file.rb:0:in `load'", "\tfrom /usr/lib/ruby/vendor_ruby/some/file.rb:1:in `load'", "\t... and 88 more"}
	if got := tail(path); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if got := tail(path + "none"); len(got) != 0 {
		t.Errorf("%q", got)
	}
	if got := condense([]string{"from the start", " from x", "end"}); !slices.Equal(got, []string{"from the start", " from x", "end"}) {
		t.Errorf("%q", got)
	}
}
