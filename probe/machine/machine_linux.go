package machine

import (
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"pitwall/core/run"
	"pitwall/probe/clock"
)

// tree reads the files of /proc and /sys below a root, which is "/" but for
// tests. A file that cannot be read is empty.
type tree string

func (t tree) text(path string) string {
	b, err := os.ReadFile(filepath.Join(string(t), path))
	if err != nil {
		return ""
	}
	return string(b)
}

// number is a file's only number, -1 when there is none.
func (t tree) number(path string) int64 { return number(t.text(path)) }

func number(text string) int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil {
		return run.Unread
	}
	return n
}

// field is the text behind "name:" or "name " on the first line that starts
// so.
func field(text, name string) string {
	for line := range strings.Lines(text) {
		rest, ok := strings.CutPrefix(line, name)
		rest = strings.TrimLeft(rest, " \t")
		if ok && len(rest) < len(line)-len(name) || ok && strings.HasPrefix(rest, ":") {
			return strings.TrimSpace(strings.TrimPrefix(rest, ":"))
		}
	}
	return ""
}

// kilobytes is a size in /proc/meminfo, in bytes.
func kilobytes(text, name string) int64 {
	n := number(strings.TrimSuffix(field(text, name), " kB"))
	if n < 0 || n > math.MaxInt64/1024 {
		return run.Unread
	}
	return n * 1024
}

func describe(m *run.Machine, root string) {
	t := tree(root)
	m.Kernel = strings.TrimSpace(t.text("proc/sys/kernel/osrelease"))
	m.CPU = processor(t.text("proc/cpuinfo"))
	m.MemoryBytes = memory(t)
	m.Container = container(t)
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err == nil && set.Count() > 0 {
		m.Cores = set.Count()
	}
	if quota := cpuQuota(t); quota > 0 {
		m.Cores = min(m.Cores, max(1, int(math.Ceil(quota))))
	}
}

// processor is the model's name; on ARM, which has none, its numbers.
func processor(cpuinfo string) string {
	if name := field(cpuinfo, "model name"); name != "" {
		return strings.Join(strings.Fields(name), " ")
	}
	if part := field(cpuinfo, "CPU part"); part != "" {
		return "implementer " + field(cpuinfo, "CPU implementer") + " part " + part
	}
	return ""
}

// memory is what we may use: the machine's, or less in a control group.
func memory(t tree) int64 {
	total := kilobytes(t.text("proc/meminfo"), "MemTotal")
	for _, dir := range groups(t, "memory") {
		for _, file := range []string{"memory.max", "memory.limit_in_bytes"} {
			if n := t.number(filepath.Join(dir, file)); n > 0 && (total < 0 || n < total) {
				total = n
			}
		}
	}
	return total
}

// cpuQuota is the number of processors that control groups let us use, 0
// when they set no limit.
func cpuQuota(t tree) float64 {
	least := 0.0
	for _, dir := range groups(t, "cpu") {
		quota := quotaOf(t, dir)
		if quota > 0 && (least == 0 || quota < least) {
			least = quota
		}
	}
	return least
}

func quotaOf(t tree, dir string) float64 {
	if f := strings.Fields(t.text(filepath.Join(dir, "cpu.max"))); len(f) == 2 && number(f[0]) > 0 && number(f[1]) > 0 {
		return float64(number(f[0])) / float64(number(f[1]))
	}
	quota, period := t.number(filepath.Join(dir, "cpu.cfs_quota_us")), t.number(filepath.Join(dir, "cpu.cfs_period_us"))
	if quota > 0 && period > 0 {
		return float64(quota) / float64(period)
	}
	return 0
}

// groups are the directories of our control group and of those above it, in
// version 2 and, for a controller, in version 1.
func groups(t tree, controller string) []string {
	var dirs []string
	for line := range strings.Lines(t.text("proc/self/cgroup")) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) != 3 {
			continue
		}
		mount := "sys/fs/cgroup"
		if parts[1] != "" {
			if !containsField(parts[1], controller) {
				continue
			}
			mount = filepath.Join(mount, parts[1])
		}
		path := filepath.Clean("/" + parts[2])
		for depth := 0; depth < 64; depth++ {
			dirs = append(dirs, filepath.Join(mount, path))
			if path == "/" {
				break
			}
			path = filepath.Dir(path)
		}
	}
	return dirs
}

func containsField(list, name string) bool {
	for f := range strings.SplitSeq(list, ",") {
		if f == name {
			return true
		}
	}
	return false
}

// container names the kind of container that we run in, as far as its marks
// tell; empty outside of one.
func container(t tree) string {
	if name := strings.TrimSpace(t.text("run/systemd/container")); name != "" {
		return name
	}
	for _, mark := range []struct{ path, name string }{{".dockerenv", "docker"}, {"run/.containerenv", "podman"}} {
		if _, err := os.Stat(filepath.Join(string(t), mark.path)); err == nil {
			return mark.name
		}
	}
	groups := t.text("proc/1/cgroup")
	for _, name := range []string{"kubepods", "docker", "libpod", "lxc"} {
		if strings.Contains(groups, name) {
			return name
		}
	}
	return ""
}

// ticksPerSecond is USER_HZ, which is 100 on every Linux that Go runs on.
const ticksPerSecond = 100

func read(root string) run.Reading {
	t := tree(root)
	r := run.Reading{Time: clock.Now(), Load: run.Unread, Busy: run.Unread, Steal: run.Unread, Throttled: throttled(t)}
	if f := strings.Fields(t.text("proc/loadavg")); len(f) > 0 {
		if load, err := strconv.ParseFloat(f[0], 64); err == nil {
			r.Load = load
		}
	}
	r.Busy, r.Steal = processorTime(t.text("proc/stat"))
	meminfo := t.text("proc/meminfo")
	r.AvailableBytes = kilobytes(meminfo, "MemAvailable")
	r.SwapFreeBytes = kilobytes(meminfo, "SwapFree")
	r.SwapIns = number(field(t.text("proc/vmstat"), "pswpin"))
	frequencies(t, &r)
	return r
}

// processorTime reads the line "cpu" of /proc/stat (proc(5)): user, nice,
// system, idle, iowait, irq, softirq, steal, guest, guest_nice; the guests'
// time is in user and nice already.
func processorTime(stat string) (busy, steal float64) {
	f := strings.Fields(field(stat, "cpu"))
	if len(f) < 8 {
		return run.Unread, run.Unread
	}
	ticks := make([]int64, 8)
	for i := range ticks {
		if ticks[i] = number(f[i]); ticks[i] < 0 {
			return run.Unread, run.Unread
		}
	}
	busyTicks := ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6]
	return float64(busyTicks) / ticksPerSecond, float64(ticks[7]) / ticksPerSecond
}

// throttled is how long quotas stopped our control group or one above it, in
// seconds.
func throttled(t tree) float64 {
	most := float64(run.Unread)
	for _, dir := range groups(t, "cpu") {
		stat := t.text(filepath.Join(dir, "cpu.stat"))
		if us := number(field(stat, "throttled_usec")); us >= 0 {
			most = max(most, float64(us)/1e6)
		}
		if ns := number(field(stat, "throttled_time")); ns >= 0 {
			most = max(most, float64(ns)/1e9)
		}
	}
	return most
}

func frequencies(t tree, r *run.Reading) {
	r.FrequencyLow, r.FrequencyHigh, r.FrequencyMost = run.Unread, run.Unread, run.Unread
	dirs, err := filepath.Glob(filepath.Join(string(t), "sys/devices/system/cpu/cpu[0-9]*/cpufreq"))
	if err != nil {
		return
	}
	for i, dir := range dirs {
		d := tree(dir)
		if i == 0 {
			r.Governor = strings.TrimSpace(d.text("scaling_governor"))
		}
		r.FrequencyMost = max(r.FrequencyMost, d.number("cpuinfo_max_freq"))
		now := d.number("scaling_cur_freq")
		if now > 0 && (r.FrequencyLow < 0 || now < r.FrequencyLow) {
			r.FrequencyLow = now
		}
		r.FrequencyHigh = max(r.FrequencyHigh, now)
	}
}
