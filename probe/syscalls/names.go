package syscalls

import (
	"fmt"
	"strconv"
	"strings"
)

// names are the calls of this machine by number.
func names(table string) map[uint64]string {
	all := map[uint64]string{}
	for line := range strings.Lines(table) {
		number, name, _ := strings.Cut(strings.TrimSpace(line), " ")
		if n, err := strconv.ParseUint(number, 10, 64); err == nil {
			all[n] = name
		}
	}
	return all
}

func unnamed(number uint64) string { return fmt.Sprintf("syscall_%d", number) }
