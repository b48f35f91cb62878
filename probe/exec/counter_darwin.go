package exec

type event struct{}

func instructions() event { return event{} }

func openCounter(event) (counter, error) {
	return nil, &CounterError{How: Perf, Why: "perf_event is Linux's", Advice: "use valgrind, or Linux"}
}

// Peak is of Linux: -1 here.
func Peak([]byte) int64 { return -1 }
