package run

import "strconv"

// Comparable says what keeps figures of two runs from being compared: the
// app, the machine or the settings. Each entry is one sentence; none means
// that the runs compare. What is unknown on either side does not compare.
func Comparable(a, b Run) []string {
	why := []string{}
	why = differ(why, "app", a.App, b.App)
	why = differ(why, "machine", a.Machine.Fingerprint, b.Machine.Fingerprint)
	if a.Machine.Fingerprint != b.Machine.Fingerprint {
		why = append(why, machines(a.Machine, b.Machine)...)
	}
	if a.Settings != b.Settings && a.Settings != "" && b.Settings != "" {
		return append(why, "settings differ: "+settings)
	}
	return differ(why, "settings digest", a.Settings, b.Settings)
}

// settings is what a run's digest of settings holds, for people: two digests
// tell them nothing.
const settings = "--rate, --share or --no-agent; or routes, session, command or environment in pitwall.yml"

func differ(why []string, what, a, b string) []string {
	switch {
	case a == "" || b == "":
		return append(why, what+" unknown in "+which(a, b))
	case a != b:
		return append(why, what+" differs: "+clip(a)+" and "+clip(b))
	}
	return why
}

func which(a, b string) string {
	switch {
	case a == "" && b == "":
		return "both runs"
	case a == "":
		return "the first run"
	}
	return "the second run"
}

// machines names the fields behind two differing fingerprints.
func machines(a, b Machine) []string {
	why := []string{}
	for _, f := range []struct{ name, a, b string }{
		{"machine: host", a.Hostname, b.Hostname},
		{"machine: architecture", a.Arch, b.Arch},
		{"machine: CPU", a.CPU, b.CPU},
		{"machine: cores", strconv.Itoa(a.Cores), strconv.Itoa(b.Cores)},
		{"machine: memory in bytes", strconv.FormatInt(a.MemoryBytes, 10), strconv.FormatInt(b.MemoryBytes, 10)},
		{"machine: kernel", a.Kernel, b.Kernel},
		{"machine: container", a.Container, b.Container},
	} {
		if f.a != f.b && f.a != "" && f.b != "" {
			why = append(why, f.name+" differs: "+f.a+" and "+f.b)
		}
	}
	return why
}

// clip shortens a digest for a sentence; other text stays whole.
func clip(s string) string {
	if len(s) >= 40 {
		return s[:12]
	}
	return s
}
