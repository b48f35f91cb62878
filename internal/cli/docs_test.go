package cli

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"pitwall/core/spec"
)

// repository is the root of the module, from here.
const repository = "../.."

// tree is a fresh tree of commands: parsing flags changes it.
func tree() *cobra.Command {
	app := &App{Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: io.Discard}
	root := newRootCmd(app, commands(app)...)
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	return root
}

// pages are the pages that people read: their paths in the repository, and
// their text.
func pages(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	read := func(path string) {
		text, err := os.ReadFile(filepath.Join(repository, path))
		if err != nil {
			t.Fatal(err)
		}
		found[path] = string(text)
	}
	for _, path := range []string{"README.md", "ARCHITECTURE.md", "CHANGELOG.md", "examples/shop/README.md", "examples/shop/ANSWERS.md"} {
		read(path)
	}
	err := fs.WalkDir(os.DirFS(repository), "docs", func(path string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".md") {
			read(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// Every command that does something has a page, which names its flags and
// those of the commands under it.
func TestEveryCommandAndFlagHasItsPlaceInTheDocs(t *testing.T) {
	all := pages(t)
	root := tree()
	for _, c := range root.Commands() {
		if c.Hidden || c.GroupID == stageOther {
			continue
		}
		path := "docs/" + c.Name() + ".md"
		text, ok := all[path]
		if !ok {
			t.Errorf("pitwall %s has no page %s", c.Name(), path)
			continue
		}
		if !strings.Contains(all["README.md"], "("+path+")") {
			t.Errorf("README.md has no link to %s", path)
		}
		flags(t, c, path, text)
		for _, sub := range c.Commands() {
			if !mentions(text, sub.CommandPath()) {
				t.Errorf("%s does not mention %s", path, sub.CommandPath())
			}
			flags(t, sub, path, text)
		}
	}
	flags(t, root, "README.md", all["README.md"])
}

func flags(t *testing.T, c *cobra.Command, path, text string) {
	t.Helper()
	c.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden && f.Name != "help" && !mentions(text, "--"+f.Name) {
			t.Errorf("%s does not mention --%s of %s", path, f.Name, c.CommandPath())
		}
	})
}

// mentions says whether text holds a word that is not the beginning of a
// longer one.
func mentions(text, word string) bool {
	return regexp.MustCompile(regexp.QuoteMeta(word) + `([^-\w]|$)`).MatchString(text)
}

var link = regexp.MustCompile(`\]\(([^)\s]+)\)`)

func TestRelativeLinksLead(t *testing.T) {
	all := pages(t)
	seen := 0
	for path, text := range all {
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			seen++
			target, anchor, _ := strings.Cut(m[1], "#")
			to := path
			if target != "" {
				to = filepath.Join(filepath.Dir(path), target)
			}
			if _, err := os.Stat(filepath.Join(repository, to)); err != nil {
				t.Errorf("%s links to %s, which is not there", path, m[1])
				continue
			}
			if anchor != "" && !slices.Contains(anchors(all[to]), anchor) {
				t.Errorf("%s links to %s: %s has no such heading", path, m[1], to)
			}
		}
	}
	if seen < 20 {
		t.Errorf("only %d links were found", seen)
	}
}

var dropped = regexp.MustCompile(`[^\w\- ]`)

// anchors are the names of a page's headings, as forges make them.
func anchors(text string) []string {
	var names []string
	for line := range strings.Lines(text) {
		if title, ok := strings.CutPrefix(strings.TrimLeft(line, "#"), " "); ok && strings.HasPrefix(line, "#") {
			plain := dropped.ReplaceAllString(strings.ToLower(strings.TrimSpace(title)), "")
			names = append(names, strings.ReplaceAll(plain, " ", "-"))
		}
	}
	return names
}

// examples are the lines of a page's code blocks that call pitwall, without
// prompt, comment, and what the shell does with their output.
func examples(text string) []string {
	var found []string
	fenced := false
	for line := range strings.Lines(text) {
		plain := strings.TrimSpace(line)
		if strings.HasPrefix(plain, "```") {
			fenced = !fenced
			continue
		}
		if !fenced && !strings.HasPrefix(line, "    ") {
			continue
		}
		plain = strings.TrimPrefix(strings.TrimPrefix(plain, "$ "), "bin/")
		if strings.HasPrefix(plain, "pitwall ") && !strings.HasPrefix(plain, "pitwall - ") {
			for _, end := range []string{" #", " | ", " > "} { // what follows is the shell's
				plain, _, _ = strings.Cut(plain, end)
			}
			found = append(found, strings.TrimSpace(plain))
		}
	}
	return found
}

func TestExamplesParse(t *testing.T) {
	seen := 0
	for path, text := range pages(t) {
		for _, line := range examples(text) {
			seen++
			if err := parses(line); err != nil {
				t.Errorf("%s: %s: %v", path, line, err)
			}
		}
	}
	if seen < 20 {
		t.Errorf("only %d examples were found in the pages", seen)
	}
	var every func(*cobra.Command)
	every = func(c *cobra.Command) {
		for _, line := range examples("```\n" + c.Example + "\n```") {
			if err := parses(line); err != nil {
				t.Errorf("help of %s: %s: %v", c.CommandPath(), line, err)
			}
		}
		for _, sub := range c.Commands() {
			every(sub)
		}
	}
	every(tree())
}

// Each piece of YAML on the page of benchmark files is a file that holds.
func TestBenchmarkExamplesHold(t *testing.T) {
	text := pages(t)["docs/benchmark-file.md"]
	blocks := strings.Split(text, "```yaml\n")
	for i, block := range blocks[1:] {
		example, _, closed := strings.Cut(block, "```\n")
		if !closed {
			t.Fatalf("example %d does not end", i+1)
		}
		if _, err := spec.ParseBench(fmt.Sprintf("example %d", i+1), []byte(example)); err != nil {
			t.Errorf("%v\n%s", err, example)
		}
	}
	if len(blocks) < 10 {
		t.Errorf("only %d examples were found", len(blocks)-1)
	}
	for f := range reflect.TypeFor[spec.Benchmark]().Fields() {
		key, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if key != "-" && !strings.Contains(text, key+":") && !strings.Contains(text, "`"+key+"`") {
			t.Errorf("docs/benchmark-file.md does not explain %s", key)
		}
	}
}

// parses says what is wrong with a command line; nil when it would run.
func parses(line string) error {
	words, err := spec.Words(line)
	if err != nil {
		return err
	}
	c, rest, err := tree().Find(words[1:])
	if err != nil {
		return err
	}
	if err := c.ParseFlags(rest); err != nil {
		return err
	}
	if !c.HasParent() && c.Flags().NArg() > 0 {
		return usagef("", "unknown command %q", c.Flags().Arg(0))
	}
	return c.ValidateArgs(c.Flags().Args())
}

func TestWrongExamplesDoNotParse(t *testing.T) {
	for _, line := range []string{"pitwall lap --tme 60s", "pitwall lap --boots many", "pitwall lop", "pitwall runs show", "pitwall init a b"} {
		if parses(line) == nil {
			t.Errorf("%s parses", line)
		}
	}
	if got := examples("prose pitwall lap\n\n```\n$ pitwall lap  # why\n```\n"); !slices.Equal(got, []string{"pitwall lap"}) {
		t.Errorf("examples = %q", got)
	}
}

var inline = regexp.MustCompile("`(pitwall [a-z][^`\n]*)`")

// What prose calls a command is one, and has the flags.
func TestCommandsInProseExist(t *testing.T) {
	for path, text := range pages(t) {
		for _, m := range inline.FindAllStringSubmatch(text, -1) {
			words := strings.Fields(m[1])
			c, _, err := tree().Find(words[1:2])
			if err != nil || !c.HasParent() {
				t.Errorf("%s: %s: no such command", path, m[1])
				continue
			}
			c.InheritedFlags()
			for _, w := range words {
				if name, ok := strings.CutPrefix(w, "--"); ok {
					name, _, _ = strings.Cut(name, "=")
					if c.Flag(name) == nil {
						t.Errorf("%s: %s: no such flag", path, m[1])
					}
				}
			}
		}
	}
}

// place is how ARCHITECTURE.md names a part of the code: `drive/lap.Run`,
// `probe/load.(*Driver).Run`.
var place = regexp.MustCompile("`([a-z]+(?:/[a-z]+)*)\\.(?:\\(?\\*?[A-Za-z]+\\)?\\.)?([A-Za-z]+)`")

func TestNamesInTheArchitectureExist(t *testing.T) {
	seen := 0
	for _, m := range place.FindAllStringSubmatch(pages(t)["ARCHITECTURE.md"], -1) {
		if info, err := os.Stat(filepath.Join(repository, m[1])); err != nil || !info.IsDir() {
			continue // a file, or a field of YAML
		}
		seen++
		if !declares(t, m[1], m[2]) {
			t.Errorf("ARCHITECTURE.md names %s.%s, which is not there", m[1], m[2])
		}
	}
	if seen < 40 {
		t.Errorf("only %d names were found", seen)
	}
}

// declares says whether a package has a function, method, type or constant of
// that name.
func declares(t *testing.T, dir, name string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(repository, dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	declared := regexp.MustCompile(`(?m)^(func (\([^)]*\) )?|type |const |var |\t)` + name + `\b`)
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if declared.Match(text) {
			return true
		}
	}
	return false
}

// Every package is on the map.
func TestEveryPackageIsInTheArchitecture(t *testing.T) {
	text := pages(t)["ARCHITECTURE.md"]
	err := fs.WalkDir(os.DirFS(repository), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		if strings.HasPrefix(d.Name(), ".") && path != "." || slices.Contains([]string{"testdata", "webtest", "node_modules", "examples"}, d.Name()) || path == "web/build" {
			return fs.SkipDir
		}
		files, err := fs.Glob(os.DirFS(filepath.Join(repository, path)), "*.go")
		if len(files) > 0 && !strings.Contains(text, "`"+path+"`") {
			t.Errorf("ARCHITECTURE.md does not name the package %s", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
