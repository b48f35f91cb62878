package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"pitwall/analyze/sketch"
	"pitwall/core/spec"
)

type initFlags struct {
	force        bool
	command, url string
}

func newInitCmd(app *App) *cobra.Command {
	var f initFlags
	c := &cobra.Command{
		Use:   "init [directory]",
		Short: "Write pitwall.yml for an app by looking at its directory",
		Long: `Looks at the app in a directory (this one when none is named) and writes
pitwall.yml with comments. A Rails or Rack app is told by its files; of any
other, say how it is started and where it answers. Nothing is run.`,
		Example: `  pitwall init
  pitwall init ~/src/shop
  pitwall init --command './server --port 8080' --url http://127.0.0.1:8080/`,
		GroupID: stageLoop,
		Args:    cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			return app.runInit(f, strings.Join(args, ""))
		},
	}
	c.Flags().BoolVar(&f.force, "force", false, "overwrite a pitwall.yml that is there")
	c.Flags().StringVar(&f.command, "command", "", "how the process that serves requests is started")
	c.Flags().StringVar(&f.url, "url", "", "where it answers")
	return c
}

func (a *App) runInit(f initFlags, dir string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return usagef("pitwall help init", "%s is no directory", dir)
	}
	path := filepath.Join(dir, spec.FileName)
	if _, err := os.Lstat(path); err == nil && !f.force {
		return usagef("pitwall init --force overwrites it", "%s is there already", path)
	}
	seen := sketch.Look(os.DirFS(dir), filepath.Base(dir))
	if err := a.complete(&seen, f); err != nil {
		return err
	}
	text := sketch.Render(seen)
	if _, err := spec.Parse(spec.FileName, []byte(text)); err != nil {
		return usagef("pitwall help init", "what was given does not hold:\n%w", err)
	}
	if err := writeSpec(path, text, f.force); err != nil {
		return err
	}
	a.afterInit(seen, path)
	return nil
}

// complete adds what the user says, and asks for what nobody said where
// there is somebody to ask.
func (a *App) complete(seen *sketch.App, f initFlags) error {
	if seen.Command == "" && f.command == "" && IsTerminal(a.Stdin) {
		fmt.Fprintln(a.Stderr, "This is neither a Rails nor a Rack app.")
		in := bufio.NewReader(io.LimitReader(a.Stdin, 1<<16))
		f.command = a.ask(in, "How is it started? ")
		if f.url == "" {
			f.url = a.ask(in, "Where does it answer (http://127.0.0.1:8080/)? ")
		}
	}
	if f.command != "" {
		seen.Command = f.command
	}
	if seen.Command == "" {
		return usagef("pitwall init --command './server' --url http://127.0.0.1:8080/", "this is neither a Rails nor a Rack app: how is it started, and where does it answer?")
	}
	if f.url == "" {
		if seen.Kind == sketch.HTTP && !strings.Contains(f.command, "{port:web}") {
			return usagef("pitwall init --command ... --url http://127.0.0.1:8080/", "where does it answer?")
		}
		if seen.Kind == sketch.HTTP {
			seen.Routes = []sketch.Route{{Path: "/", Sure: true}}
		}
		return nil
	}
	return address(seen, f.url)
}

// address takes a URL apart: where the app answers, and what to ask.
func address(seen *sketch.App, text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return usagef("pitwall init --url http://127.0.0.1:8080/", "--url wants an address such as http://127.0.0.1:8080/, not %q", text)
	}
	if u.User != nil {
		return usagef("put the header in the routes instead", "--url holds a user or password, which would be stored")
	}
	seen.Address = u.Scheme + "://" + u.Host
	if path := u.RequestURI(); path != "/" || seen.Kind == sketch.HTTP {
		seen.Routes = append([]sketch.Route{{Path: path, Sure: true}}, seen.Routes...)
	}
	return nil
}

func (a *App) ask(in *bufio.Reader, question string) string {
	fmt.Fprint(a.Stderr, question)
	answer, _ := in.ReadString('\n')
	return strings.TrimSpace(answer)
}

// writeSpec writes a new file, or another in its place; half a file is never
// there.
func writeSpec(path, text string, force bool) error {
	if !force {
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if errors.Is(err, fs.ErrExist) {
			return usagef("pitwall init --force overwrites it", "%s is there already", path)
		}
		if err != nil {
			return fmt.Errorf("writing %s: %w", path, reason(err))
		}
		return finishFile(f, path, text)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".pitwall-*.yml")
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, reason(err))
	}
	if err := errors.Join(f.Chmod(0o644), finishFile(f, f.Name(), text)); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

func finishFile(f *os.File, path, text string) error {
	_, err := f.WriteString(text)
	if err := errors.Join(err, f.Close()); err != nil {
		os.Remove(path)
		return fmt.Errorf("writing %s: %w", path, reason(err))
	}
	return nil
}

// reason is a file error without the path, which is named already.
func reason(err error) error {
	if e := (*fs.PathError)(nil); errors.As(err, &e) {
		return e.Err
	}
	return err
}

// afterInit says what was written and what to do next.
func (a *App) afterInit(seen sketch.App, path string) {
	sure := 0
	for _, r := range seen.Routes {
		if r.Sure {
			sure++
		}
	}
	fmt.Fprintf(a.Stderr, "Wrote %s: %s app %q, started with %q, %s", Clean(path), seen.Kind, Clean(seen.Name), Clean(seen.Command), counted(max(1, sure), "route"))
	if more := len(seen.Routes) - sure; more > 0 {
		fmt.Fprintf(a.Stderr, " and %d more as comments", more)
	}
	fmt.Fprintln(a.Stderr, ".")
	if seen.Kind == sketch.Rails && !seen.SeenRoutes {
		fmt.Fprintln(a.Stderr, "config/routes.rb could not be read: name the routes that matter.")
	}
	fmt.Fprintln(a.Stderr, "Read it, take the # away from what applies, then type:\n  pitwall lap")
}

// counted is a number with its noun.
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
