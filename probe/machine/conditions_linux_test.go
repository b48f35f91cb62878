package machine

import (
	"testing"

	"pitwall/core/run"
)

func TestConditions(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		want  run.Conditions
	}{
		"nothing": {map[string]string{}, run.Conditions{Randomisation: -1, HotStops: -1}},
		"junk": {map[string]string{
			"sys/devices/system/cpu/smt/active": "x\n", "proc/sys/kernel/randomize_va_space": "\n", "proc/cpuinfo": "junk\n",
			"sys/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count": "many\n",
		}, run.Conditions{Randomisation: -1, HotStops: -1}},
		"laptop": {map[string]string{
			"sys/devices/system/cpu/intel_pstate/no_turbo": "0\n", "sys/devices/system/cpu/smt/active": "1\n",
			"proc/sys/kernel/randomize_va_space": "2\n", "proc/cpuinfo": "flags\t\t: fpu vme\n", "sys/class/dmi/id/sys_vendor": "Google\n",
			"sys/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count":  "3\n",
			"sys/devices/system/cpu/cpu11/thermal_throttle/core_throttle_count": "4\n",
		}, run.Conditions{Turbo: "on", SMT: "on", Randomisation: 2, Virtual: "no", HotStops: 7}},
		"guest": {map[string]string{
			"sys/devices/system/cpu/cpufreq/boost": "0\n", "sys/devices/system/cpu/smt/active": "0\n", "proc/sys/kernel/randomize_va_space": "0\n",
			"proc/cpuinfo": "flags\t\t: fpu hypervisor lahf_lm\n", "sys/class/dmi/id/sys_vendor": "QEMU\n",
		}, run.Conditions{Turbo: "off", SMT: "off", Virtual: "QEMU", HotStops: -1}},
		"unnamed guest": {map[string]string{"proc/cpuinfo": "flags\t\t: hypervisor\n"}, run.Conditions{Randomisation: -1, Virtual: "yes", HotStops: -1}},
		"xen":           {map[string]string{"sys/hypervisor/type": "xen\n"}, run.Conditions{Randomisation: -1, Virtual: "xen", HotStops: -1}},
	} {
		if got := conditions(plant(t, c.files)); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
	if got := Conditions(); got.Randomisation < 0 {
		t.Errorf("%+v", got)
	}
}
