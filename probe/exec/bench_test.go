package exec

import (
	"context"
	"testing"
	"time"
)

// BenchmarkRun is what a command costs beside its own time: opening pipes,
// looking for what it left, reaping.
func BenchmarkRun(b *testing.B) {
	var wall time.Duration
	for b.Loop() {
		o, err := Run(context.Background(), Command{Args: []string{"true"}})
		if err != nil {
			b.Fatal(err)
		}
		wall += o.Wall
	}
	b.ReportMetric(float64(wall.Nanoseconds())/float64(b.N), "wall-ns/op")
}
