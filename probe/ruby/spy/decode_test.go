package spy

import (
	"encoding/hex"
	"slices"
	"testing"
)

// The first bytes of functions of Debian's libruby 3.1.7 (through the global
// offset table) and 3.3.8 (hidden symbols, endbr64), by gdb's "x/64xb".
var machineCode = map[string]string{
	"3.1.7 rb_during_gc":   "488b0521132e00488b00488b80580400000fb64010c0e80583e001c3",
	"3.1.7 rb_thread_main": "488b0599f11900488b004885c07411488b8010020000488b4010c3",
	"3.1.7 rb_id2str":      "4889f848c1e8044881ffa90000000f47f831f6e978ddffff",
	"3.1.7 rb_sym_all":     "55534883ec18488b2db36c1a0064488b042528000000488944240831c048837d0000744c488b056d781a00488b7810e8cc9de2ff",
	"3.3.8 rb_during_gc":   "f30f1efa488d057d2b3700488b004885c07415488b80180500000fb64010c0e80583e001c3",
	"3.3.8 rb_thread_main": "f30f1efa488d05255a2300488b004885c0740d488b8088010000488b4010c3",
	"3.3.8 rb_id2str":      "f30f1efa4889f831f648c1e8044881ffa9000000480f47f8e963e1ffff",
	"3.3.8 rb_sym_all":     "f30f1efa55534883ec1864488b2c252800000048896c2408488d2d41fd230048837d0000744a488b05bbf22200488b7810e8ca17e1ff",
}

// everywhere is a memory in which every word points to the same place, whose
// words point there too.
func everywhere() *image {
	im := &image{mem: make([]byte, 4<<20)}
	for at := 0; at < len(im.mem); at += 8 {
		im.put(base, at, base+0x1000)
	}
	return im
}

func followed(t *testing.T, name string) trail {
	t.Helper()
	code, err := hex.DecodeString(machineCode[name])
	if err != nil || len(code) == 0 {
		t.Fatalf("%s: %v", name, err)
	}
	im := everywhere()
	return followAMD64(code, base, reader{im})
}

func TestFollowMachineCode(t *testing.T) {
	for name, want := range map[string][]int{ // displacements of the last two reads
		"3.1.7 rb_during_gc": {0x458, 0x10}, "3.1.7 rb_thread_main": {0x210, 0x10},
		"3.3.8 rb_during_gc": {0x518, 0x10}, "3.3.8 rb_thread_main": {0x188, 0x10},
	} {
		n := followed(t, name).loads
		if len(n) < 3 || n[len(n)-2].disp != want[0] || n[len(n)-1].disp != want[1] {
			t.Errorf("%s: %+v, want the last at %#x", name, n, want)
		}
	}
	// 3.3.8 takes the variable's address itself: 0xf906b + 0x372b7d for code at 0xf9060
	if n := followed(t, "3.3.8 rb_during_gc").loads; n[0].addr != base+0xb+0x372b7d {
		t.Errorf("VM variable at %#x", n[0].addr)
	}
	for _, name := range []string{"3.1.7 rb_id2str", "3.3.8 rb_id2str"} {
		if got := followed(t, name).compared; !slices.Equal(got, []int64{169}) {
			t.Errorf("%s compares with %v", name, got)
		}
	}
	for name, want := range map[string]uint64{"3.1.7 rb_sym_all": base + 0x3b11c8 - 0x209930, "3.3.8 rb_sym_all": base + 0x45b168 - 0x22be80} {
		if got := followed(t, name).addresses; !slices.Contains(got, want) {
			t.Errorf("%s touches %#x, not %#x", name, got, want)
		}
	}
}

func FuzzFollow(f *testing.F) {
	for _, code := range machineCode {
		b, _ := hex.DecodeString(code)
		f.Add(b)
	}
	im := everywhere()
	f.Fuzz(func(_ *testing.T, code []byte) { followAMD64(code, base, reader{im}) })
}
