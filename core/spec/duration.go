package spec

import "time"

// Duration is a time.Duration that pitwall.yml writes as "90s" or "2m".
type Duration time.Duration
