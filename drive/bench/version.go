// Package bench makes what a benchmark file names measurable: blocks of Ruby,
// routes, jobs and commands, each in fresh processes of the versions that a run
// compares.
package bench

// Version is one version that a run measures.
type Version struct {
	Name string            // as it is shown
	Dir  string            // where its code is
	Ruby []string          // the command that runs Ruby there
	Env  map[string]string // laid over the environment
}
