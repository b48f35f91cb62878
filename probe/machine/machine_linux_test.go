package machine

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"pitwall/core/run"
)

// plant makes a /proc and /sys below a new directory.
func plant(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

const meminfo = "MemTotal:        8000000 kB\nMemFree:          100000 kB\nMemAvailable:    2000000 kB\nSwapFree:              0 kB\n"

func TestReading(t *testing.T) {
	root := plant(t, map[string]string{
		"proc/loadavg":             "1.25 0.80 0.50 2/345 6789\n",
		"proc/stat":                "cpu  1000 200 300 90000 50 10 20 70 500 0\ncpu0 1 2 3 4 5 6 7 8 9 10\n",
		"proc/meminfo":             meminfo,
		"proc/vmstat":              "pswpin 42\npswpout 7\n",
		"proc/self/cgroup":         "0::/a/b\n",
		"sys/fs/cgroup/a/cpu.stat": "usage_usec 5\nnr_throttled 3\nthrottled_usec 2500000\n",
		"sys/devices/system/cpu/cpu0/cpufreq/scaling_governor":  "powersave\n",
		"sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq":  "1200000\n",
		"sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq":  "3600000\n",
		"sys/devices/system/cpu/cpu10/cpufreq/scaling_cur_freq": "3000000\n",
	})
	want := run.Reading{
		Load: 1.25, Busy: 15.3, Steal: 0.7, Throttled: 2.5, Governor: "powersave",
		FrequencyLow: 1200000, FrequencyHigh: 3000000, FrequencyMost: 3600000,
		AvailableBytes: 2000000 << 10, SwapFreeBytes: 0, SwapIns: 42,
	}
	if diff := cmp.Diff(want, read(root), cmpopts.IgnoreFields(run.Reading{}, "Time")); diff != "" {
		t.Error(diff)
	}
}

// What cannot be read is unknown, never zero.
func TestNothingReadable(t *testing.T) {
	for name, files := range map[string]map[string]string{
		"empty": {},
		"junk":  {"proc/loadavg": "x\n", "proc/stat": "cpu 1 2 x 4 5 6 7 8\n", "proc/meminfo": "MemTotal: many kB\nMemAvailable: 99999999999999999999 kB\n", "proc/vmstat": "pswpin\n", "proc/self/cgroup": "junk\n"},
	} {
		root := plant(t, files)
		want := run.Reading{
			Load: -1, Busy: -1, Steal: -1, Throttled: -1, FrequencyLow: -1, FrequencyHigh: -1, FrequencyMost: -1,
			AvailableBytes: -1, SwapFreeBytes: -1, SwapIns: -1,
		}
		if diff := cmp.Diff(want, read(root), cmpopts.IgnoreFields(run.Reading{}, "Time")); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		m := run.Machine{Cores: 3}
		describe(&m, root)
		if m.MemoryBytes != -1 || m.CPU != "" || m.Kernel != "" || m.Container != "" {
			t.Errorf("%s: %+v", name, m)
		}
	}
}

func TestLimitsOfControlGroups(t *testing.T) {
	for name, c := range map[string]struct {
		files  map[string]string
		quota  float64
		memory int64
	}{
		"none":        {map[string]string{"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "max 100000\n", "sys/fs/cgroup/memory.max": "max\n"}, 0, 8000000 << 10},
		"version 2":   {map[string]string{"proc/self/cgroup": "0::/k/p\n", "sys/fs/cgroup/k/cpu.max": "150000 100000\n", "sys/fs/cgroup/k/p/memory.max": "1048576\n"}, 1.5, 1 << 20},
		"least wins":  {map[string]string{"proc/self/cgroup": "0::/k/p\n", "sys/fs/cgroup/k/cpu.max": "50000 100000\n", "sys/fs/cgroup/k/p/cpu.max": "400000 100000\n"}, 0.5, 8000000 << 10},
		"version 1":   {map[string]string{"proc/self/cgroup": "4:cpu,cpuacct:/d\n5:memory:/d\n", "sys/fs/cgroup/cpu,cpuacct/d/cpu.cfs_quota_us": "200000\n", "sys/fs/cgroup/cpu,cpuacct/d/cpu.cfs_period_us": "100000\n", "sys/fs/cgroup/memory/d/memory.limit_in_bytes": "2097152\n"}, 2, 2 << 20},
		"no limit v1": {map[string]string{"proc/self/cgroup": "4:cpu:/\n", "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n", "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n"}, 0, 8000000 << 10},
	} {
		c.files["proc/meminfo"] = meminfo
		root := tree(plant(t, c.files))
		if got := cpuQuota(root); got != c.quota {
			t.Errorf("%s: quota %v, want %v", name, got, c.quota)
		}
		if got := memory(root); got != c.memory {
			t.Errorf("%s: memory %v, want %v", name, got, c.memory)
		}
	}
}

func TestProcessorAndContainer(t *testing.T) {
	if got := processor("processor\t: 0\nmodel name\t: Some  CPU @ 2GHz\n"); got != "Some CPU @ 2GHz" {
		t.Errorf("x86: %q", got)
	}
	if got := processor("processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd0c\n"); got != "implementer 0x41 part 0xd0c" {
		t.Errorf("ARM: %q", got)
	}
	for want, files := range map[string]map[string]string{
		"docker":         {".dockerenv": ""},
		"podman":         {"run/.containerenv": ""},
		"systemd-nspawn": {"run/systemd/container": "systemd-nspawn\n"},
		"kubepods":       {"proc/1/cgroup": "0::/kubepods/x\n"},
	} {
		if got := container(tree(plant(t, files))); got != want {
			t.Errorf("container %q, want %q", got, want)
		}
	}
}

func TestThisMachine(t *testing.T) {
	a, b := Facts(), Facts()
	if diff := cmp.Diff(a, b); diff != "" {
		t.Error(diff)
	}
	if len(a.Fingerprint) != 64 || a.Cores < 1 || a.MemoryBytes < 1<<20 || a.Kernel == "" {
		t.Errorf("%+v", a)
	}
	other := a
	other.Cores++
	if fingerprint(other) == a.Fingerprint {
		t.Error("another machine has the same fingerprint")
	}
	first := Read()
	d := first.Until(Read(), a.Cores)
	if d.Seconds <= 0 || first.Busy <= 0 || first.AvailableBytes <= 0 {
		t.Errorf("%+v, %+v", first, d)
	}
}
