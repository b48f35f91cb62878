package bench

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	core "pitwall/core/bench"
	"pitwall/core/spec"
	"pitwall/drive/pairs"
	"pitwall/probe/exec"
	"pitwall/probe/syscalls"
)

// CommandOptions say how commands are measured.
type CommandOptions struct {
	Limit        time.Duration // of one execution; five minutes when 0
	Instructions exec.How      // count them in this way; not at all when empty
}

// Command measures a command: each execution is a process of its own. A unit
// is one execution, or the median of several when one takes little more than
// starting a process does.
type Command struct {
	file      *spec.Bench
	benchmark spec.Benchmark
	versions  []Version
	options   CommandOptions

	mu         sync.Mutex
	floor      time.Duration // of starting a process; 0 before it was measured
	executions int           // of a unit; 0 before the first
	ready      map[string]*ground
	warden     *exec.Warden // nil before the first unit
	uncounted  string       // why system calls cannot be counted; empty while they can
}

// ground is what setup made for a version.
type ground struct {
	version Version
	setup   exec.Outcome
}

const (
	commandLimit  = 5 * time.Minute
	unitTime      = 100 * time.Millisecond // what a unit of several executions takes at least
	mostExecution = 15
	countedRounds = 3 // in which a further execution is counted: counts repeat, times do not
	bareTimes     = 3 // of starting a process, below which a command is hardly more than that
)

// NewCommand makes a benchmark's command measurable in these versions. Its
// parameters must have been expanded. The error is a *exec.CounterError when
// instructions are wanted and cannot be had.
func NewCommand(file *spec.Bench, b spec.Benchmark, versions []Version, o CommandOptions) (*Command, error) {
	if o.Limit <= 0 {
		o.Limit = commandLimit
	}
	if o.Instructions != "" {
		if err := exec.Available(o.Instructions); err != nil {
			return nil, err
		}
	}
	c := &Command{file: file, benchmark: b, versions: versions, options: o, ready: map[string]*ground{}}
	for _, text := range []string{b.Command, b.Setup, b.Prepare, b.Conclude, b.Cleanup} {
		if text == "" {
			continue
		}
		if _, err := c.words(text); err != nil {
			return nil, fmt.Errorf("command %q: %w", text, err)
		}
	}
	if err := syscalls.Supported(); err != nil {
		c.uncounted = err.Error()
	}
	return c, nil
}

// Measure runs the command in one version. An execution that ends otherwise
// than the benchmark says is a *CommandError.
func (c *Command) Measure(ctx context.Context, t pairs.Turn) (core.Unit, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t.Arm < 0 || t.Arm >= len(c.versions) {
		return core.Unit{}, fmt.Errorf("there is no version %d", t.Arm)
	}
	v := c.versions[t.Arm]
	u := core.Unit{
		Values: map[core.Metric]float64{}, Pad: t.Pad, Overhead: -1, GC: core.GC{Share: -1, Minor: -1, Major: -1},
		WarmUp: core.WarmUp{Why: "every execution is a process of its own"},
	}
	if err := c.begin(ctx, v); err != nil {
		return u, err
	}
	u.Overhead = c.floor.Seconds()
	for range c.benchmark.WarmUp {
		if _, err := c.within(ctx, v, c.program(v, t.Pad), exec.Run); err != nil {
			return u, err
		}
	}
	timed, err := c.timed(ctx, v, t.Pad)
	if err != nil {
		return u, err
	}
	account(&u, timed)
	u.Notes = append(u.Notes, c.remarks(timed)...)
	if t.Round < countedRounds {
		if err := c.count(ctx, v, &u); err != nil {
			return u, err
		}
	}
	return u, nil
}

// begin measures what starting a process takes, once, and sets the version up,
// once for those that share directory and environment.
func (c *Command) begin(ctx context.Context, v Version) error {
	if c.warden == nil {
		var err error
		if c.warden, err = exec.NewWarden(""); err != nil {
			return err
		}
	}
	if c.floor == 0 {
		cost, err := exec.Floor(ctx)
		if err != nil {
			return err
		}
		c.floor = cost.Wall
	}
	if c.ready[groundOf(v)] != nil {
		return nil
	}
	g := &ground{version: v}
	if c.benchmark.Setup != "" {
		var err error
		if g.setup, err = c.aside(ctx, v, "setup", c.benchmark.Setup); err != nil {
			return err
		}
	}
	c.ready[groundOf(v)] = g
	return nil
}

// groundOf tells versions apart as far as a command sees them.
func groundOf(v Version) string { return fmt.Sprintf("%s\x00%q", v.Dir, pairsOf(v.Env)) }

// timed runs the executions of a unit. How many is settled by the first of the
// run and then the same for all versions.
func (c *Command) timed(ctx context.Context, v Version, pad int) ([]exec.Outcome, error) {
	var all []exec.Outcome
	for len(all) == 0 || len(all) < c.executions {
		program := c.program(v, pad)
		program.Counts = c.options.Instructions == exec.Perf
		o, err := c.within(ctx, v, program, exec.Run)
		if err != nil {
			return nil, err
		}
		all = append(all, o)
		if c.executions == 0 {
			c.executions = executionsFor(o.Wall)
		}
	}
	return all, nil
}

// executionsFor is how many executions of so long make a unit: an odd number,
// so that the median is one of them.
func executionsFor(wall time.Duration) int {
	n := int(unitTime / max(wall, time.Microsecond))
	return min(max(n, 1), mostExecution) | 1
}

// account puts the medians of the executions into the unit.
func account(u *core.Unit, timed []exec.Outcome) {
	var wall, cpu, instructions []float64
	memory, known := int64(0), true
	for _, o := range timed {
		u.Blocks = append(u.Blocks, core.Block{Calls: 1, Wall: int64(o.Wall), CPU: int64(o.CPU()), GC: -1})
		wall, cpu = append(wall, o.Wall.Seconds()), append(cpu, o.CPU().Seconds())
		if o.Instructions >= 0 {
			instructions = append(instructions, float64(o.Instructions))
		}
		memory, known = max(memory, o.MaxRSS), known && o.MaxRSS >= 0
	}
	u.Values[core.Time], u.Values[core.CPU] = inMiddle(wall), inMiddle(cpu)
	if known {
		u.Values[core.Memory] = float64(memory)
	}
	if len(instructions) == len(timed) {
		u.Values[core.Instructions] = inMiddle(instructions)
	}
}

func inMiddle(values []float64) float64 {
	s := slices.Sorted(slices.Values(values))
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}

// remarks say what a reader of the times must know.
func (c *Command) remarks(timed []exec.Outcome) []string {
	var notes []string
	var walls []float64
	for _, o := range timed {
		walls = append(walls, o.Wall.Seconds())
	}
	if n := len(timed); n > 1 {
		notes = append(notes, fmt.Sprintf("a unit is the median of %d executions, each in a process of its own", n))
	}
	if wall := inMiddle(walls); wall < bareTimes*c.floor.Seconds() {
		notes = append(notes, fmt.Sprintf("an execution takes %s, and starting a process that does nothing %s: most of it is the start", milliseconds(wall), milliseconds(c.floor.Seconds())))
	}
	if left := timed[len(timed)-1].Left; len(left) > 0 {
		notes = append(notes, fmt.Sprintf("it leaves %d processes running, which were ended; what they do is not measured", len(left)))
	}
	return notes
}

func milliseconds(s float64) string { return fmt.Sprintf("%.1f ms", s*1e3) }

// count runs one further execution, of which the times are not used: its
// system calls are counted and its output is kept. The environment is not
// padded, so that the counts are the same each time.
func (c *Command) count(ctx context.Context, v Version, u *core.Unit) error {
	program := c.program(v, 0)
	program.Keep = true
	run := exec.Run
	var counts syscalls.Counts
	if c.uncounted == "" {
		run = func(ctx context.Context, program exec.Command) (exec.Outcome, error) {
			var err error
			counts, err = syscalls.Count(ctx, program, nil)
			return counts.Outcome, err
		}
	}
	o, err := c.within(ctx, v, program, run)
	if refused, ok := refusal(err); ok {
		c.uncounted = refused
		return c.count(ctx, v, u)
	}
	if err != nil {
		return err
	}
	u.Digest = o.Stdout.SHA256
	if len(c.benchmark.Exit) > 1 {
		u.Digest += fmt.Sprintf(" exit %d", o.Exit)
	}
	if c.uncounted != "" {
		u.Notes = append(u.Notes, "system calls are not known: "+c.uncounted)
	} else {
		u.Values[core.Syscalls] = float64(counts.Whole.Total())
		if _, known := u.Values[core.Memory]; !known && counts.Peak >= 0 {
			u.Values[core.Memory] = float64(counts.Peak)
		}
	}
	if c.options.Instructions == exec.Valgrind {
		return c.grind(ctx, v, u)
	}
	return nil
}

// grind counts instructions with valgrind, in an execution of its own.
func (c *Command) grind(ctx context.Context, v Version, u *core.Unit) error {
	_, err := c.within(ctx, v, c.program(v, 0), func(ctx context.Context, program exec.Command) (exec.Outcome, error) {
		n, o, err := exec.Instructions(ctx, program, exec.Valgrind)
		u.Values[core.Instructions] = float64(n)
		return o, err
	})
	if err != nil {
		delete(u.Values, core.Instructions)
	}
	return err
}

// Close runs cleanup in every version that was set up, and ends what setup
// left running. It does so after a Ctrl-C as well.
func (c *Command) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var first error
	for _, key := range sortedKeys(c.ready) {
		g := c.ready[key]
		if c.benchmark.Cleanup != "" {
			o, err := c.aside(context.Background(), g.version, "cleanup", c.benchmark.Cleanup)
			if err != nil && first == nil {
				first = err
			}
			o.EndLeft()
		}
		g.setup.EndLeft()
	}
	c.ready = map[string]*ground{}
	c.warden.Close()
	c.warden = nil
	return first
}

// program is the command as a version runs it.
func (c *Command) program(v Version, pad int) exec.Command {
	words, _ := c.words(c.benchmark.Command) // NewCommand has looked
	p := exec.Command{Args: words, Dir: c.dir(v), Env: c.env(v, pad), Limit: c.options.Limit, Input: c.benchmark.Input, Warden: c.warden}
	if p.Input != "" && !filepath.IsAbs(p.Input) {
		p.Input = filepath.Join(p.Dir, p.Input)
	}
	return p
}

func (c *Command) dir(v Version) string {
	if filepath.IsAbs(c.benchmark.Dir) {
		return c.benchmark.Dir
	}
	return filepath.Join(v.Dir, c.benchmark.Dir)
}

// env is ours, under the file's and the benchmark's, under the version's.
func (c *Command) env(v Version, pad int) []string {
	all := map[string]string{}
	for _, pair := range os.Environ() {
		if name, value, ok := strings.Cut(pair, "="); ok && name != "" {
			all[name] = value
		}
	}
	for _, env := range []map[string]string{c.file.Env, c.benchmark.Env, v.Env} {
		maps.Copy(all, env)
	}
	if pad > 0 {
		all["PITWALL_PAD"] = strings.Repeat("x", pad)
	}
	if dir := c.dir(v); filepath.IsAbs(dir) {
		all["PWD"] = dir
	}
	return pairsOf(all)
}

// words are a command's, or the shell's that runs it.
func (c *Command) words(text string) ([]string, error) {
	if c.benchmark.Shell == "" {
		return spec.Words(text)
	}
	shell, err := spec.Words(c.benchmark.Shell)
	if err != nil {
		return nil, err
	}
	return append(shell, "-c", text), nil
}
