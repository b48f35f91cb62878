package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	judge "pitwall/analyze/bench"
	core "pitwall/core/bench"
	"pitwall/core/stat"
	"pitwall/core/unit"
	"pitwall/drive/bench"
	"pitwall/drive/lap"
)

// selftestResult is what a machine can tell apart.
type selftestResult struct {
	Schema    int             `json:"schema"`
	Seed      uint64          `json:"seed"`
	Rounds    int             `json:"rounds"`
	Ruby      string          `json:"ruby"`
	Abilities []judge.Ability `json:"abilities"`
	Planted   []planted       `json:"planted"`
	Spoils    []string        `json:"spoils"`
	Partial   string          `json:"partial"`
}

// planted is a difference that is known, and what was said of it.
type planted struct {
	Ratio    float64                      `json:"ratio"`
	Verdicts map[core.Metric]stat.Verdict `json:"verdicts"`
	Seen     map[core.Metric]float64      `json:"seen_ratio"`
}

// newBenchSelftestCmd is "pitwall bench selftest".
func newBenchSelftestCmd(app *App) *cobra.Command {
	var seed uint64
	var rounds int
	var asJSON, force, wait bool
	var ruby string
	c := &cobra.Command{
		Use:   "selftest",
		Short: "What can this machine tell apart?",
		Example: `  pitwall bench selftest
  pitwall bench selftest --rounds 12 --ruby "ruby --yjit"`,
		Long: `Measures one small program against itself and against copies that do 1, 2, 5 and
10 % more, exactly as pitwall bench would, and says how often equal programs would
have been called different here, which change each metric can see, and what
spoils this machine.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if rounds < 6 || rounds > 200 {
				return usagef("pitwall bench selftest", "--rounds is 6 to 200, not %d", rounds)
			}
			if seed == 0 {
				seed = lap.RandomSeed()
			}
			return app.selftest(c.Context(), selftestOptions{seed: seed, rounds: rounds, json: asJSON, ruby: ruby, force: force, wait: wait})
		},
	}
	c.Flags().Uint64Var(&seed, "seed", 0, "of everything that is drawn by chance; random when not given")
	c.Flags().IntVar(&rounds, "rounds", 20, "rounds of six fresh processes")
	c.Flags().BoolVar(&asJSON, "json", false, "print the whole result as JSON")
	c.Flags().StringVar(&ruby, "ruby", "ruby", "`command` that runs Ruby")
	c.Flags().BoolVar(&force, "force", false, "run beside another measurement")
	c.Flags().BoolVar(&wait, "wait", false, "wait for another measurement to end")
	return c
}

type selftestOptions struct {
	seed        uint64
	rounds      int
	json        bool
	ruby        string
	force, wait bool
}

// selftestFile is the program: a loop and as many strings, in thousandths more.
const selftestFile = `benchmarks:
  - name: work
    setup: |
      more = Integer(ENV.fetch("PITWALL_MORE"))
      strings, steps = 1000 + more, 2 * (1000 + more)
    code: |
      list = Array.new(strings) { |i| i.to_s }
      sum = i = 0
      while i < steps
        sum += i * i % 97
        i += 1
      end
      list.size + sum
    allow: [results]
`

// plantedMore are the planted differences in thousandths.
func plantedMore() []int { return []int{10, 20, 50, 100} }

func (a *App) selftest(ctx context.Context, o selftestOptions) error {
	unlock, shared, err := lap.Lock(ctx, lap.Options{Wait: o.wait, Force: o.force, Sink: func(lap.Event) {}})
	if err != nil {
		return &ExitError{Code: Unmeasured, Err: err, Hint: "wait for it: pitwall bench selftest --wait"}
	}
	defer unlock()
	dir, err := os.MkdirTemp("", "pitwall-selftest-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "selftest.yml")
	if err := os.WriteFile(path, []byte(selftestFile), 0o600); err != nil {
		return err
	}
	p := a.Progress()
	defer p.Done()
	t, arms, spoils, err := bench.SelfTest(ctx, path, o.ruby, o.seed, o.rounds, plantedMore(), benchSink(p))
	p.Done()
	if t == nil {
		return benchError(err)
	}
	r := selftestResult{Schema: 1, Seed: o.seed, Rounds: o.rounds, Ruby: arms[0].Ruby, Abilities: judge.Abilities(t, 0, o.seed), Planted: []planted{}, Spoils: []string{}}
	if err != nil {
		r.Partial = reasonOf(err)
	}
	b := t.Result()[0]
	for i, c := range b.Changes {
		r.Planted = append(r.Planted, plantedOf(1+float64(plantedMore()[i])/1000, c))
	}
	if shared() {
		r.Spoils = append(r.Spoils, "another measurement ran beside this one")
	}
	r.Spoils = append(r.Spoils, judge.Doubts(&core.Result{Arms: arms, Benchmarks: []core.Benchmark{{Units: b.Units}}}, true)...)
	r.Spoils = append(r.Spoils, spoils...)
	if o.json {
		return errors.Join(json.NewEncoder(a.Stdout).Encode(r), typed(err))
	}
	return errors.Join(a.writeSelftest(r), typed(err))
}

func plantedOf(ratio float64, c core.Change) planted {
	out := planted{Ratio: ratio, Verdicts: map[core.Metric]stat.Verdict{}, Seen: map[core.Metric]float64{}}
	for _, m := range c.Comparisons {
		out.Verdicts[core.Metric(m.Metric)], out.Seen[core.Metric(m.Metric)] = m.Verdict, m.Ratio.Point
	}
	return out
}

func (a *App) writeSelftest(r selftestResult) error {
	w := bufio.NewWriter(wrapped(a.Stdout))
	fmt.Fprintf(w, "\n%s\n", a.Paint(a.Stdout, Bold, "What this machine can tell apart"))
	fmt.Fprintf(w, "%s, %d rounds, seed %d\n\n", Clean(r.Ruby), r.Rounds, r.Seed)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "metric\tequal called different\tsees in 6 rounds\tin 10\tin 20\t")
	shown := []core.Metric{core.Objects, core.CPU, core.Time}
	for _, ability := range r.Abilities {
		if !slices.Contains(shown, ability.Metric) {
			continue
		}
		fmt.Fprintf(t, "%s\t%s", ability.Metric, unit.Percent(ability.False.Point))
		for _, s := range ability.Smallest {
			fmt.Fprintf(t, "\t±%s", unit.Percent(s.Ratio))
		}
		fmt.Fprintln(t, "\t")
	}
	t.Flush()
	fmt.Fprintf(w, "\n%s\n", a.Paint(a.Stdout, Bold, "Differences that were planted"))
	fmt.Fprintln(t, "more work\tobjects\tcpu\ttime\t")
	for _, p := range r.Planted {
		fmt.Fprintf(t, "%s", unit.Change(p.Ratio))
		for _, m := range shown {
			fmt.Fprintf(t, "\t%s, seen %s", verdictOr(p.Verdicts[m]), unit.Change(p.Seen[m]))
		}
		fmt.Fprintln(t, "\t")
	}
	t.Flush()
	spoils := r.Spoils
	if len(spoils) == 0 {
		spoils = []string{"nothing that the system tells of"}
	}
	writeLines(w, "What spoils it", spoils)
	if r.Partial != "" {
		fmt.Fprintf(w, "\n%s %s\n", a.Paint(a.Stdout, Yellow, "Partial:"), CleanText(r.Partial))
	}
	fmt.Fprintf(w, "\n%s\n", advice(r))
	return w.Flush()
}

func verdictOr(v stat.Verdict) string {
	if v == "" {
		return "not measured"
	}
	return string(v)
}

// advice is the one line that a reader takes away.
func advice(r selftestResult) string {
	for _, ability := range r.Abilities {
		if ability.Metric != core.Time || len(ability.Smallest) < 3 {
			continue
		}
		switch at := ability.Smallest[2].Ratio; {
		case at < 0.02:
			return "Times can be gated here: --margin 0.02 is within reach."
		case at < 0.1:
			return fmt.Sprintf("Times can be gated with a wider margin: --margin %.2f; or gate on what is counted: --gate objects,statements.", math.Ceil(100*at)/100)
		default:
			return "Times are too noisy to gate on here: gate on what is counted (--gate objects,statements), and see what spoils it."
		}
	}
	return strings.TrimSpace("Times were not measured.")
}
