package proc

import (
	"os"
	"strings"
	"testing"
)

func TestParseMaps(t *testing.T) {
	text := `55d0c0000000-55d0c0021000 r--p 00001000 fe:00 1234                       /usr/bin/with space (deleted)
7ffc1000-7ffc2000 rw-p 00000000 00:00 0                                  [stack]
7ffd1000-7ffd2000 ---p 00000000 00:00 0
`
	maps, err := ParseMaps(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	want := []Mapping{
		{Start: 0x55d0c0000000, End: 0x55d0c0021000, Perm: "r--p", Offset: 0x1000, Device: "fe:00", Inode: 1234, Path: "/usr/bin/with space", Deleted: true},
		{Start: 0x7ffc1000, End: 0x7ffc2000, Perm: "rw-p", Device: "00:00", Path: "[stack]"},
		{Start: 0x7ffd1000, End: 0x7ffd2000, Perm: "---p", Device: "00:00"},
	}
	for i := range want {
		if maps[i] != want[i] {
			t.Errorf("line %d: %+v, want %+v", i+1, maps[i], want[i])
		}
	}
	if maps[2].Readable() || !maps[1].Readable() {
		t.Error("readable is wrong")
	}
	for _, bad := range []string{"x", "1-2 r--p", "5-3 r--p 0 0:0 0", "zz-3 r--p 0 0:0 0", "12 r--p 0 0:0 0"} {
		if _, err := ParseMaps(strings.NewReader(bad)); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}

func FuzzParseMaps(f *testing.F) {
	b, _ := os.ReadFile("/proc/self/maps")
	f.Add(string(b))
	f.Add("1-2 r--p 0 0:0 0  a (deleted)")
	f.Fuzz(func(t *testing.T, text string) {
		maps, err := ParseMaps(strings.NewReader(text))
		for _, m := range maps {
			if err == nil && m.End < m.Start {
				t.Errorf("%+v", m)
			}
		}
	})
}

func TestPermissionVerdict(t *testing.T) {
	for _, c := range []struct {
		ev      evidence
		missing string
	}{
		{evidence{ours: "1000", theirs: "0", yama: -1, sameUserNS: true}, "CAP_SYS_PTRACE"},
		{evidence{ours: "1000", theirs: "1000", yama: 1, sameUserNS: true}, "kernel.yama.ptrace_scope"},
		{evidence{ours: "1000", theirs: "1000", yama: 2, sameUserNS: true}, "CAP_SYS_PTRACE"},
		{evidence{ours: "1000", theirs: "1000", yama: 3, sameUserNS: true}, "kernel.yama.ptrace_scope"},
		{evidence{ours: "0", theirs: "0", capable: true, sameUserNS: true}, "seccomp"},
		{evidence{ours: "0", theirs: "0", capable: true}, "CAP_SYS_PTRACE"},
		{evidence{ours: "0", theirs: "0", noSyscall: true}, "seccomp"},
	} {
		if missing, reason := c.ev.verdict(); missing != c.missing || reason == "" {
			t.Errorf("%+v: %s (%s), want %s", c.ev, missing, reason, c.missing)
		}
	}
}

func TestInnerID(t *testing.T) {
	if id, ok := innerID(map[string]string{"Pid": "812", "NSpid": "812\t34\t7"}); id != 7 || !ok {
		t.Errorf("nested: %d %v", id, ok)
	}
	if id, ok := innerID(map[string]string{"Pid": "812"}); id != 812 || !ok {
		t.Errorf("old kernel: %d %v", id, ok)
	}
	if _, ok := innerID(nil); ok {
		t.Error("no status, but an id")
	}
}
