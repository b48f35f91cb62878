package machine

import (
	"path/filepath"
	"strings"

	"pitwall/core/run"
)

func conditions(root string) run.Conditions {
	t := tree(root)
	return run.Conditions{
		Turbo: turbo(t), SMT: onOff(t.number("sys/devices/system/cpu/smt/active"), 1),
		Randomisation: int(t.number("proc/sys/kernel/randomize_va_space")), Virtual: virtual(t), HotStops: hotStops(t),
	}
}

// turbo reads what the driver of the clock says: intel_pstate's switch is the
// other way round (Documentation/admin-guide/pm/intel_pstate.rst, cpufreq.rst).
func turbo(t tree) string {
	if s := onOff(t.number("sys/devices/system/cpu/intel_pstate/no_turbo"), 0); s != "" {
		return s
	}
	return onOff(t.number("sys/devices/system/cpu/cpufreq/boost"), 1)
}

// onOff says whether a switch is at its number for on; empty when it could
// not be read.
func onOff(n, on int64) string {
	switch n {
	case on:
		return "on"
	case 1 - on:
		return "off"
	}
	return ""
}

// virtual asks the processor, which tells its guests so (flag "hypervisor" on
// x86), and names the hypervisor by what the firmware says of the machine.
func virtual(t tree) string {
	if kind := strings.TrimSpace(t.text("sys/hypervisor/type")); kind != "" {
		return kind
	}
	maker := strings.TrimSpace(t.text("sys/class/dmi/id/sys_vendor"))
	for _, known := range []string{"QEMU", "VMware", "Xen", "Amazon EC2", "Google", "Microsoft Corporation", "DigitalOcean", "Hetzner"} {
		if strings.HasPrefix(maker, known) && hypervised(t) {
			return known
		}
	}
	switch {
	case hypervised(t):
		return "yes"
	case flags(t) == "":
		return ""
	}
	return "no"
}

func hypervised(t tree) bool {
	for f := range strings.FieldsSeq(flags(t)) {
		if f == "hypervisor" {
			return true
		}
	}
	return false
}

func flags(t tree) string { return field(t.text("proc/cpuinfo"), "flags") }

// hotStops sums the events of all cores; threads of one core count the same
// ones, which does not matter for whether there were more.
func hotStops(t tree) int64 {
	files, err := filepath.Glob(filepath.Join(string(t), "sys/devices/system/cpu/cpu[0-9]*/thermal_throttle/core_throttle_count"))
	if err != nil || len(files) == 0 {
		return run.Unread
	}
	sum := int64(0)
	for _, f := range files {
		n := tree(f).number("")
		if n < 0 {
			return run.Unread
		}
		sum += n
	}
	return sum
}
