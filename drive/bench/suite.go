package bench

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"pitwall/analyze/bench"
	"pitwall/analyze/noise"
	core "pitwall/core/bench"
	"pitwall/core/lap"
	"pitwall/core/run"
	"pitwall/core/spec"
	"pitwall/drive/pairs"
	"pitwall/probe/exec"
	"pitwall/probe/machine"
	"pitwall/probe/ruby/worker"
)

// Options of a run of benchmarks.
type Options struct {
	Files      []*spec.Bench // all of one root
	App        *spec.Spec    // nil without one
	Choice     Choice
	Ruby       []string // over that of the files; nil: theirs
	GC         string   // "natural", "between", "off"
	Valgrind   bool     // count instructions with it where the processor does not
	Limit      time.Duration
	Seed       uint64
	Margin     float64 // over that of the files; 0: theirs
	Rounds     int
	Gate       []core.Metric
	Supervisor []string
	Said       func(stage, text string)
}

// Suite is a run of benchmarks that is ready to be measured.
type Suite struct {
	Arms     []core.Arm
	Design   bench.Design
	Subjects []pairs.Subject // by benchmark of the design

	options Options
	before  run.Reading    // when measuring began
	was     run.Conditions // of the machine then
	members []member
	blocks  bool // benchmarks of a file are compared with each other
	closers []func()
}

// member is one benchmark with the file that it is from.
type member struct {
	file      *spec.Bench
	benchmark spec.Benchmark
	old       *spec.Benchmark // of the same file, when it is compared within it
}

// NewSuite lays the versions out, prepares them and makes every benchmark
// measurable. Close it. Errors: *Error for a choice that cannot be compared.
func NewSuite(ctx context.Context, o Options) (s *Suite, err error) {
	s = &Suite{options: o}
	defer func() {
		if err != nil {
			s.Close()
		}
	}()
	s.gather()
	var versions []Version
	var remove func()
	s.Arms, versions, remove, err = o.Choice.Arms(ctx, o.Files[0].Root(), s.ruby())
	if err != nil {
		return s, err
	}
	s.closers = append(s.closers, remove)
	if len(s.Arms) == 2 && s.compares() {
		versions = s.within(versions)
	}
	for _, f := range o.Files {
		if err := Ready(ctx, f.Prepare, versions, func(text string) { o.Said("prepare", text) }); err != nil {
			return s, err
		}
	}
	s.before, s.was = machine.Read(), machine.Conditions()
	s.Design = bench.Design{Seed: o.Seed, Arms: s.Arms, Most: o.Rounds, Least: min(o.Rounds, leastRounds), Gate: o.Gate}
	return s, s.fill(ctx, versions)
}

// leastRounds is how many rounds there are before the first look.
const leastRounds = 6

// gather takes the benchmarks of all files, one for each combination of
// parameters.
func (s *Suite) gather() {
	for _, f := range s.options.Files {
		for _, b := range f.Benchmarks {
			for _, each := range Expand(b) {
				m := member{file: f, benchmark: each}
				if i := slices.IndexFunc(f.Benchmarks, func(x spec.Benchmark) bool { return x.Name == b.Against }); b.Against != "" && i >= 0 {
					m.old = &f.Benchmarks[i]
				}
				s.members = append(s.members, m)
			}
		}
	}
}

func (s *Suite) ruby() []string {
	if len(s.options.Ruby) > 0 {
		return s.options.Ruby
	}
	words, err := spec.Words(cmp.Or(s.options.Files[0].Ruby, "ruby"))
	if err != nil || len(words) == 0 { // the file was checked
		return []string{"ruby"}
	}
	return words
}

func (s *Suite) compares() bool {
	return slices.ContainsFunc(s.members, func(m member) bool { return m.old != nil })
}

// Arms of a run that compares benchmarks of a file with each other. What is
// compared with nothing has the last two to itself.
const (
	otherBlock = iota
	thisBlock
	otherAgain
	alone
	aloneAgain
)

// within makes those arms: all are the one version.
func (s *Suite) within(versions []Version) []Version {
	here := s.Arms[0]
	arm := func(name string, role core.Role) core.Arm {
		a := here
		a.Name, a.Role = name, role
		return a
	}
	s.Arms = []core.Arm{arm("the other block", core.Old), arm("this block", core.New), arm("the other block"+core.Again, core.Control)}
	if slices.ContainsFunc(s.members, func(m member) bool { return m.old == nil }) {
		s.Arms = append(s.Arms, arm(here.Name, core.Old), arm(here.Name+core.Again, core.Control))
	}
	s.blocks = true
	return slices.Repeat(versions[:1], len(s.Arms))
}

// fill makes plans and subjects.
func (s *Suite) fill(ctx context.Context, versions []Version) error {
	apps := &Apps{Spec: s.options.App, Versions: versions, Supervisor: s.options.Supervisor, Say: func(text string) { s.options.Said("app", text) }}
	s.closers = append(s.closers, apps.Close)
	for _, m := range s.members {
		plan := bench.Plan{Name: m.benchmark.Name, Kind: m.benchmark.Kind(), File: m.file.File, Margin: s.margin(m),
			Differ: slices.Contains(slices.Concat(m.file.Allow, m.benchmark.Allow), "results")}
		subject, err := s.subject(ctx, m.file, m.benchmark, versions, apps)
		if err != nil {
			return err
		}
		switch {
		case m.old != nil && s.blocks:
			old, err := s.subject(ctx, m.file, *m.old, versions, apps)
			if err != nil {
				return err
			}
			plan.Name, subject = m.benchmark.Name+" against "+m.old.Name, versus{old: old, new: subject}
			plan.Arms = []int{otherBlock, thisBlock, otherAgain}
		case s.blocks:
			plan.Arms = []int{alone, aloneAgain}
		}
		s.Design.Benchmarks, s.Subjects = append(s.Design.Benchmarks, plan), append(s.Subjects, subject)
	}
	return nil
}

func (s *Suite) margin(m member) float64 {
	return cmp.Or(s.options.Margin, m.benchmark.Margin, m.file.Margin)
}

// subject makes one benchmark measurable in all versions.
func (s *Suite) subject(ctx context.Context, file *spec.Bench, b spec.Benchmark, versions []Version, apps *Apps) (pairs.Subject, error) {
	o := s.options
	if (b.Route != "" || b.Job != "") && o.App == nil {
		return nil, &Error{Text: fmt.Sprintf("%s: a route or a job needs a pitwall.yml beside %s", b.Name, file.File), Hint: "pitwall init"}
	}
	switch b.Kind() {
	case core.Route:
		return NewRoute(apps, file, b, s.pace())
	case core.Job:
		return NewJob(apps, file, b, s.pace())
	case core.Command:
		c, err := NewCommand(file, b, versions, CommandOptions{Limit: o.Limit, Instructions: s.instructions()})
		if err != nil {
			return nil, err
		}
		s.closers = append(s.closers, func() { c.Close() })
		return c, nil
	}
	c, err := NewCode(file, b, versions, s.pace())
	if err != nil {
		return nil, err
	}
	return c, nil
}

// versus measures one benchmark as the old version and another as the new.
type versus struct{ old, new pairs.Subject }

func (v versus) Measure(ctx context.Context, t pairs.Turn) (core.Unit, error) {
	if t.Arm == thisBlock {
		return v.new.Measure(ctx, t)
	}
	return v.old.Measure(ctx, t)
}

// Finish adds to a result what the files and the last lap (nil: none) say of
// its benchmarks: budgets, reasons, and what a method is worth to its route.
func (s *Suite) Finish(r *core.Result, last *lap.Result) {
	tree := 0
	for i, arm := range s.Arms {
		if arm.Role == core.New {
			tree = i
		}
	}
	for i := range r.Benchmarks {
		b, m := &r.Benchmarks[i], s.members[i]
		b.Because = m.benchmark.Because
		if b.Because == nil {
			b.Because = m.file.Because
		}
		arm := tree
		if m.old == nil && s.blocks {
			arm = alone
		}
		b.Budgets = bench.Keep(budgetsOf(m.benchmark), *b, arm)
		if why := bench.Reason(b.Because, m.benchmark.Route, m.benchmark.Method, last); why != "" {
			b.Notes = append(b.Notes, why)
		}
		if m.benchmark.Method != "" && last != nil && len(b.Changes) > 0 {
			b.Macro = bench.Macro(m.benchmark.Method, b.Changes[0], last)
		}
		b.Notes = append(b.Notes, notesOf(b.Units)...)
		b.Notes = append(b.Notes, m.file.Notes...)
	}
}

// Spoils says what made times on this machine worth little while it was
// measured, with what helps.
func (s *Suite) Spoils() []string {
	return spoils(s.before, s.was)
}

func spoils(before run.Reading, was run.Conditions) []string {
	out := []string{}
	for _, x := range noise.Spoils(noise.Input{Machine: machine.Facts(), Before: before, After: machine.Read(), Was: was, Is: machine.Conditions(), Ours: used()}) {
		if x.Serious {
			out = append(out, x.Text())
		}
	}
	return out
}

// used is the processor time of this process and of the children that ended,
// in seconds; -1 unknown.
func used() float64 {
	var all float64
	for _, who := range []int{unix.RUSAGE_SELF, unix.RUSAGE_CHILDREN} {
		var u unix.Rusage
		if unix.Getrusage(who, &u) != nil {
			return run.Unread
		}
		all += float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
	}
	return all
}

// notesOf are what units had to say, each once.
func notesOf(units []core.Unit) []string {
	var out []string
	for _, u := range units {
		for _, n := range u.Notes {
			if !slices.Contains(out, n) && len(out) < mostNotes {
				out = append(out, n)
			}
		}
	}
	return out
}

const mostNotes = 8

func budgetsOf(b spec.Benchmark) []spec.Budget {
	var out []spec.Budget
	for _, text := range b.Budgets {
		if budget, err := spec.ParseBudget(text); err == nil { // the file was checked
			out = append(out, budget)
		}
	}
	return out
}

// Settings digests what two runs must share to be compared.
func (s *Suite) Settings() string {
	b, err := json.Marshal(struct {
		GC   string
		Ruby []string
	}{s.options.GC, s.ruby()})
	if err != nil { // strings always marshal
		return ""
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// Close ends what was started and removes what was laid out.
func (s *Suite) Close() {
	for _, c := range slices.Backward(s.closers) {
		c()
	}
	s.closers = nil
}

// Load reads a benchmark file: YAML, or the Ruby form, which a fresh Ruby (nil:
// "ruby") reads without calling its blocks.
func Load(ctx context.Context, path string, ruby []string) (*spec.Bench, error) {
	if filepath.Ext(path) != ".rb" {
		return spec.LoadBench(path)
	}
	dir, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	if path, err = filepath.Abs(path); err != nil {
		return nil, err
	}
	return worker.Read(ctx, worker.Options{Ruby: ruby, Dir: (&spec.Bench{Dir: dir}).Root(), Env: os.Environ()}, path)
}

// instructions is how they are counted: by the processor where it does, else
// with valgrind when that was asked for.
func (s *Suite) instructions() exec.How {
	switch {
	case exec.Available(exec.Perf) == nil:
		return exec.Perf
	case s.options.Valgrind:
		return exec.Valgrind
	}
	return ""
}

func (s *Suite) pace() Pace { return Pace{GC: s.options.GC, Call: s.options.Limit} }
