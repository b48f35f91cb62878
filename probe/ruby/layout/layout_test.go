package layout

import (
	"errors"
	"strings"
	"testing"
)

func must(t *testing.T, version, arch string) Layout {
	t.Helper()
	l, err := For(version, arch)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// Values confirmed against live processes and by disassembling exported
// accessors: rb_during_gc of Debian's 3.1.7 loads 0x458, of its 3.3.8 0x518;
// rb_thread_main of 3.1.7 loads 0x210, of 3.3.8 0x188.
func TestOffsetsSeenInDisassembly(t *testing.T) {
	for _, c := range []struct {
		version, arch    string
		objspace, mainTh int
	}{
		{"3.1.7", "amd64", 0x458, 0x210},
		{"3.3.8", "amd64", 0x518, 0x188},
		{"3.1.4", "amd64", 1104, 528},
		{"3.1.4", "arm64", 1128, 544},
		{"3.1.5", "arm64", 1136, 544},
		{"3.2.2", "amd64", 1128, 528},
		{"3.2.3", "amd64", 1136, 528},
		{"3.2.4", "amd64", 1144, 528},
		{"4.0.5", "amd64", 1248, 320},
		{"4.0.6", "amd64", 1256, 328},
	} {
		l := must(t, c.version, c.arch)
		if l.VM.Objspace != c.objspace || l.Ractor.MainThread != c.mainTh {
			t.Errorf("%s/%s: objspace %d, main thread %d; want %d, %d", c.version, c.arch, l.VM.Objspace, l.Ractor.MainThread, c.objspace, c.mainTh)
		}
		if l.Ractor.RunningEC != l.Ractor.MainThread-8 {
			t.Errorf("%s: running_ec %d is not before main %d", c.version, l.Ractor.RunningEC, l.Ractor.MainThread)
		}
	}
}

func TestEveryTableIsComplete(t *testing.T) {
	all, err := parseAll(tables)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 8 {
		t.Fatalf("%d tables", len(all))
	}
	for _, tb := range all {
		for patch := tb.from.Patch; patch <= min(tb.to.Patch, tb.from.Patch+12); patch++ {
			v := Version{tb.from.Major, tb.from.Minor, patch}
			for _, arch := range machines {
				l := must(t, v.String(), arch)
				if l.Table != tb.name {
					t.Errorf("%s came from %s, not %s", v, l.Table, tb.name)
				}
			}
		}
	}
}

func TestUnknownVersions(t *testing.T) {
	for _, c := range [][2]string{{"4.1.0", "amd64"}, {"2.6.10", "amd64"}, {"3.5.0", "amd64"}, {"3.1.7", "riscv64"}, {"", "amd64"}, {"3.1", "amd64"}, {"3.1.x", "amd64"}} {
		_, err := For(c[0], c[1])
		var unsupported *UnsupportedError
		if !errors.As(err, &unsupported) || len(unsupported.Tried) != 8 {
			t.Errorf("%v: %v", c, err)
		}
	}
}

func TestSeen(t *testing.T) {
	if !must(t, "3.1.7", "amd64").Seen || must(t, "3.1.99", "amd64").Seen || must(t, "3.4.1", "amd64").Seen {
		t.Error("seen is wrong")
	}
}

func TestAbsentIsNone(t *testing.T) {
	old, now := must(t, "2.7.4", "amd64"), must(t, "3.3.8", "amd64")
	if old.Ractor.Threads != None || old.Class.Path != None || now.VM.GVLOwner != None || now.Thread.TID != None {
		t.Error("a field that the version does not have is not None")
	}
}

func TestBrokenTables(t *testing.T) {
	for _, text := range []string{"", "ruby 3.1.0", "ruby a - b", "seen x 1", "vm.x", "vm.objspace y", "vm.objspace 99999999", "vm.objspace 1 ~3.1.0", "ruby 1.0.0 - 1.0.*\nvm.objspace 1 2 3"} {
		if _, err := parse("x", text); err == nil {
			t.Errorf("%q was accepted", text)
		}
	}
	for _, more := range []string{"vm.unheard_of 1", "vm.objspace 1\nvm.objspace 2", ""} {
		tb, err := parse("x", "ruby 3.1.0 - 3.1.*\n"+more)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tb.layout(Version{3, 1, 0}, "amd64"); err == nil || !strings.Contains(err.Error(), "layout table x") {
			t.Errorf("%q: %v", more, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	text, _ := tables.ReadFile("tables/3.1.txt")
	f.Add(string(text))
	f.Fuzz(func(t *testing.T, text string) {
		if tb, err := parse("x", text); err == nil {
			_, _ = tb.layout(tb.from, "arm64")
		}
	})
}
