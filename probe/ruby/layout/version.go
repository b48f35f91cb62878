package layout

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// Version is a release of MRI.
type Version struct{ Major, Minor, Patch int }

// ParseVersion reads "3.1.7". Anything after the patch number but digits
// ("3.1.7p261", "3.5.0dev") is refused.
func ParseVersion(text string) (v Version, err error) {
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return v, fmt.Errorf("version %q has %d parts, not 3", text, len(parts))
	}
	for i, into := range []*int{&v.Major, &v.Minor, &v.Patch} {
		n, err := strconv.ParseUint(parts[i], 10, 16)
		if err != nil {
			return Version{}, fmt.Errorf("version %q: %w", text, err)
		}
		*into = int(n)
	}
	return v, nil
}

// String is "3.1.7".
func (v Version) String() string { return fmt.Sprintf("%d.%d.%d", v.Major, v.Minor, v.Patch) }

// Compare is negative when v is older than w, zero when equal.
func (v Version) Compare(w Version) int {
	return cmp.Or(cmp.Compare(v.Major, w.Major), cmp.Compare(v.Minor, w.Minor), cmp.Compare(v.Patch, w.Patch))
}

// Before tells whether v is older than major.minor.
func (v Version) Before(major, minor int) bool {
	return v.Compare(Version{Major: major, Minor: minor}) < 0
}
