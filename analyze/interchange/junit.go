package interchange

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"

	"pitwall/core/bench"
	"pitwall/core/stat"
)

// The elements of JUnit's XML that CI systems read (Jenkins xunit plugin,
// junit-10.xsd).
type junitSuites struct {
	XMLName xml.Name     `xml:"testsuites"`
	Name    string       `xml:"name,attr"`
	Suites  []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name       string          `xml:"name,attr"`
	Tests      int             `xml:"tests,attr"`
	Failures   int             `xml:"failures,attr"`
	Errors     int             `xml:"errors,attr"`
	Skipped    int             `xml:"skipped,attr"`
	Time       string          `xml:"time,attr"`
	Timestamp  string          `xml:"timestamp,attr,omitempty"`
	Properties []junitProperty `xml:"properties>property"`
	Cases      []junitCase     `xml:"testcase"`
	took       float64
}

type junitProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type junitCase struct {
	Name    string      `xml:"name,attr"`
	Class   string      `xml:"classname,attr"`
	Time    string      `xml:"time,attr"`
	Failure *junitWhy   `xml:"failure"`
	Error   *junitWhy   `xml:"error"`
	Skipped *junitWhy   `xml:"skipped"`
	Out     *junitPlain `xml:"system-out"`
}

type junitWhy struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",chardata"`
}

type junitPlain struct {
	Text string `xml:",chardata"`
}

// WriteJUnit writes a result as JUnit XML: a suite for each benchmark file, a
// test case for each benchmark and new arm. It fails when something got worse
// or a budget is broken, has an error when it was refused, and is skipped, with
// the reason, while nothing is decided.
func WriteJUnit(w io.Writer, r *bench.Result) error {
	all := junitSuites{Name: "pitwall bench", Suites: []junitSuite{}}
	index := map[string]int{}
	for _, b := range r.Benchmarks {
		at, ok := index[b.File]
		if !ok {
			at = len(all.Suites)
			index[b.File] = at
			all.Suites = append(all.Suites, newSuite(r, b.File))
		}
		all.Suites[at].add(r, b)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func newSuite(r *bench.Result, file string) junitSuite {
	s := junitSuite{Name: oneLine(file), Properties: []junitProperty{
		{"run", r.Run.ID}, {"machine", r.Run.Machine.Fingerprint}, {"seed", fmt.Sprint(r.Seed)}, {"margin", fmt.Sprint(r.Margin)},
	}}
	if file == "" {
		s.Name = "benchmarks"
	}
	if !r.Run.Started.IsZero() {
		s.Timestamp = r.Run.Started.UTC().Format("2006-01-02T15:04:05")
	}
	if r.Partial != "" {
		s.Properties = append(s.Properties, junitProperty{"partial", clip(r.Partial)})
	}
	return s
}

func (s *junitSuite) add(r *bench.Result, b bench.Benchmark) {
	if len(b.Changes) == 0 {
		s.addCase(r, b, nil)
	}
	for i := range b.Changes {
		s.addCase(r, b, &b.Changes[i])
	}
	s.Time = seconds(s.took)
}

// addCase adds a benchmark in one new arm; change is nil where there was
// nothing to compare with.
func (s *junitSuite) addCase(r *bench.Result, b bench.Benchmark, change *bench.Change) {
	c := junitCase{Name: oneLine(b.Name), Class: "pitwall." + string(b.Kind)}
	arm := -1
	if change != nil {
		arm = change.Arm
		if arm >= 0 && arm < len(r.Arms) {
			c.Name += ", " + oneLine(r.Arms[arm].Name)
		}
		c.Out = &junitPlain{comparisons(*change)}
	}
	took := duration(b, arm)
	s.took += took
	c.Time = seconds(took)
	broken, open := budgets(b)
	switch {
	case b.Refused != "":
		c.Error = &junitWhy{Message: oneLine(b.Refused), Type: "refused"}
		s.Errors++
	case change != nil && change.Verdict == stat.Worse:
		c.Failure = &junitWhy{Message: oneLine(change.Text), Type: "worse", Text: strings.Join(broken, "\n")}
		s.Failures++
	case len(broken) > 0:
		c.Failure = &junitWhy{Message: strings.Join(broken, "; "), Type: "budget"}
		s.Failures++
	case change != nil && change.Verdict == stat.Undecided:
		c.Skipped = &junitWhy{Message: "undecided: " + oneLine(change.Text)}
		s.Skipped++
	case len(open) > 0:
		c.Skipped = &junitWhy{Message: strings.Join(open, "; ")}
		s.Skipped++
	}
	s.Tests++
	s.Cases = append(s.Cases, c)
}

// budgets are the broken ones and those that nothing could be said of.
func budgets(b bench.Benchmark) (broken, open []string) {
	for _, x := range b.Budgets {
		text := oneLine(x.Text)
		if x.Why != "" {
			text += ": " + oneLine(x.Why)
		}
		switch x.Holds {
		case stat.Worse:
			broken = append(broken, "over budget: "+text)
		case stat.Undecided:
			open = append(open, "budget undecided: "+text)
		}
	}
	return broken, open
}

func comparisons(c bench.Change) string {
	var lines []string
	for _, m := range c.Comparisons {
		lines = append(lines, oneLine(fmt.Sprintf("%s: %s, %s", m.Metric, m.Verdict, m.Why)))
	}
	return strings.Join(lines, "\n")
}

// duration is how long a benchmark's processes ran; those of one arm, or all.
func duration(b bench.Benchmark, arm int) float64 {
	var ns int64
	for _, u := range b.Units {
		if (arm < 0 || u.Arm == arm) && u.End > u.Start {
			ns += u.End - u.Start
		}
	}
	return time.Duration(ns).Seconds()
}

func seconds(s float64) string { return fmt.Sprintf("%.3f", s) }
