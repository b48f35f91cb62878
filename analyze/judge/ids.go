package judge

import "pitwall/core/finding"

// The findings of a judged lap. IDs never change their meaning.
const (
	NPlusOne    finding.ID = "PW-SQL-NPLUSONE"  // a statement is sent again and again by one request
	Scan        finding.ID = "PW-SQL-SCAN"      // a big table is read through for few rows
	SlowSQL     finding.ID = "PW-SQL-SLOW"      // one statement takes most of a route's time
	Cached      finding.ID = "PW-SQL-CACHED"    // repeated, but answered by the query cache
	Allocates   finding.ID = "PW-ALLOC-HEAVY"   // objects and their collection take a route's time
	CPUHot      finding.ID = "PW-CPU-HOT"       // the app's own code takes a route's CPU
	IOWait      finding.ID = "PW-IO-WAIT"       // a route waits outside Ruby and the database
	GVLWait     finding.ID = "PW-GVL-WAIT"      // requests wait for the Ruby VM lock
	Queue       finding.ID = "PW-QUEUE"         // requests wait for a thread
	RouteErrors finding.ID = "PW-ROUTE-ERRORS"  // a route answers badly
	CapThreads  finding.ID = "PW-CAP-THREADS"   // more or fewer threads than help
	CapNeeded   finding.ID = "PW-CAP-NEEDED"    // processes for the arrival rate
	MemGrowth   finding.ID = "PW-MEM-GROWTH"    // a process grew all through the lap
	Driver      finding.ID = "PW-LAP-DRIVER"    // the driver was the limit
	NotSteady   finding.ID = "PW-LAP-NOTSTEADY" // latency never became steady
)

// compareCommand measures a change that is not yet committed.
const compareCommand = "pitwall lap --against HEAD"
