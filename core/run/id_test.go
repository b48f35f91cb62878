package run

import (
	"sort"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

// TestFormatIDPublished uses the example of RFC 9562, appendix A.6: its time
// is 2022-02-22 19:22:22 UTC (017F22E2-79B0), its rand_a CC3, which stands
// for a fraction of the millisecond here, and its rand_b 18C4DC0C0C07398F.
func TestFormatIDPublished(t *testing.T) {
	b := [16]byte{8: 0x98, 9: 0xC4, 10: 0xDC, 11: 0x0C, 12: 0x0C, 13: 0x07, 14: 0x39, 15: 0x8F}
	const fraction = 0xCC3
	at := time.UnixMilli(0x017F22E279B0).Add(time.Duration(fraction*1_000_000/4096 + 1))
	if got, want := formatID(at, b), "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestNewIDAgainstUUID reads our ids with another library.
func TestNewIDAgainstUUID(t *testing.T) {
	at := time.Now()
	ids := []string{}
	for i := range 1000 {
		now := at.Add(time.Duration(i) * time.Microsecond)
		id := NewID(now)
		u, err := uuid.Parse(id)
		if err != nil || u.Version() != 7 || u.Variant() != uuid.RFC4122 || u.String() != id {
			t.Fatalf("%s: version %d, variant %s, %v", id, u.Version(), u.Variant(), err)
		}
		if sec, nsec := u.Time().UnixTime(); time.Unix(sec, nsec).UnixMilli() != now.UnixMilli() {
			t.Fatalf("%s: holds another time than %s", id, now)
		}
		ids = append(ids, id)
	}
	if !sort.StringsAreSorted(ids) {
		t.Error("ids a microsecond apart do not sort by time")
	}
}

func TestValidID(t *testing.T) {
	good := NewID(time.Now())
	bad := []string{"", good[:35], good + "0", "0" + good[:35], "017F22E2-79B0-7CC3-98C4-DC0C0C07398F",
		"017f22e2-79b0-4cc3-98c4-dc0c0c07398f", "017f22e2-79b0-7cc3-c8c4-dc0c0c07398f", "017f22e2-79b0-7cc3-98c4-dc0c0c0739/f"}
	if !ValidID(good) {
		t.Errorf("%s refused", good)
	}
	for _, id := range bad {
		if ValidID(id) {
			t.Errorf("%q accepted", id)
		}
	}
}

func FuzzValidID(f *testing.F) {
	f.Add(NewID(time.Now()))
	f.Add("017f22e2-79b0-7cc3-98c4-dc0c0c07398f")
	f.Fuzz(func(t *testing.T, s string) {
		u, err := uuid.Parse(s)
		want := err == nil && len(s) == 36 && u.Version() == 7 && u.Variant() == uuid.RFC4122 && u.String() == s
		if got := ValidID(s); got != want {
			t.Errorf("%q: %v, another library says %v", s, got, want)
		}
	})
}

func TestShorten(t *testing.T) {
	ids := []string{"01900000-0000-7000", "01900000-0000-8000", "01910000-0000-7000", "x", "same", "same"}
	want := map[string]string{
		ids[0]: "01900000-0000-7", ids[1]: "01900000-0000-8", ids[2]: "01910000", "x": "x", "same": "same",
	}
	if diff := cmp.Diff(want, Shorten(ids)); diff != "" {
		t.Error(diff)
	}
	if got := Shorten(nil); len(got) != 0 {
		t.Errorf("of none: %v", got)
	}
}

func TestComparable(t *testing.T) {
	base := Run{App: "shop", Settings: "s", Machine: Machine{Fingerprint: "m", CPU: "old", Cores: 2}}
	other := base
	if why := Comparable(base, other); len(why) > 0 || why == nil {
		t.Errorf("equal runs: %#v", why)
	}
	other.App, other.Settings = "blog", ""
	other.Machine = Machine{Fingerprint: "n", CPU: "new", Cores: 2}
	want := []string{"app differs: shop and blog", "machine differs: m and n", "machine: CPU differs: old and new", "settings digest unknown in the second run"}
	if diff := cmp.Diff(want, Comparable(base, other)); diff != "" {
		t.Error(diff)
	}
	if why := Comparable(Run{}, Run{}); len(why) != 3 {
		t.Errorf("unknown runs compare: %v", why)
	}
}
