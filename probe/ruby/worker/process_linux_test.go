package worker

import "testing"

func TestSize(t *testing.T) {
	for text, want := range map[string]int64{
		"VmPeak:\t   1 kB\nVmHWM:\t    14388 kB\nVmRSS:\t 9 kB\n": 14388 << 10,
		"VmHWM:": -1, "VmHWM:\t-3 kB\n": -1, "VmHWM:\tx kB\n": -1, "VmHWM: 99999999999999999999 kB\n": -1, "": -1, "VmHWMX: 3 kB\n": -1,
	} {
		if got := size([]byte(text), "VmHWM:"); got != want {
			t.Errorf("%q is %d, want %d", text, got, want)
		}
	}
}

func FuzzSize(f *testing.F) {
	f.Add([]byte("VmHWM:\t    14388 kB\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if n := size(text, "VmHWM:"); n < -1 {
			t.Error(n)
		}
	})
}
