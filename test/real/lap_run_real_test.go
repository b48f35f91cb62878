package real

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"pitwall/core/run"
	"pitwall/internal/realtest"
	"pitwall/store"
)

// built is the directory of the program under test, removed by TestMain.
var built string

func TestMain(m *testing.M) {
	code := m.Run()
	if built != "" {
		os.RemoveAll(built)
	}
	os.Exit(code)
}

// pitwall is the path of the program as users get it, built once.
var pitwall = sync.OnceValues(func() (string, error) {
	var err error
	if built, err = os.MkdirTemp("/tmp", "pwbin-"); err != nil {
		return "", err
	}
	if err := os.Chmod(built, 0o755); err != nil { // other users run it too
		return "", err
	}
	path := filepath.Join(built, "pitwall")
	c := exec.Command("go", "build", "-o", path, "pitwall/cmd/pitwall")
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return path, nil
})

// heavy limits how many laps run at once.
var heavy = make(chan struct{}, 4)

// site is a copy of an app of test/apps, and a TMPDIR of its own, so that runs
// on different sites know nothing of each other.
type site struct {
	t    *testing.T
	app  string // the app's directory
	tmp  string // TMPDIR
	mark string // a variable in the environment of all that we start
	env  []string
	wait time.Duration // for a state of the program; 90 s when 0
}

var sites atomic.Int64

// newSite is a copy of test/apps/tiny with this pitwall.yml.
func newSite(t *testing.T, yml string) *site {
	t.Helper()
	realtest.Puma(t)
	s := place(t, "tiny")
	s.write("pitwall.yml", yml)
	return s
}

// place copies an app, and sees at the end that nothing of it still runs.
func place(t *testing.T, app string) *site {
	t.Helper()
	dir := shortDir(t)
	s := &site{t: t, app: filepath.Join(dir, app), tmp: filepath.Join(dir, "tmp"),
		mark: fmt.Sprintf("PITWALL_TEST_MARK=%d.%d", os.Getpid(), sites.Add(1))}
	if err := os.CopyFS(s.app, os.DirFS(filepath.Join("../apps", app))); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(s.tmp, 0o777); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, pid := range s.running() {
			syscall.Kill(pid, syscall.SIGKILL)
		}
	})
	return s
}

func (s *site) write(name, text string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.app, name), []byte(text), 0o644); err != nil {
		s.t.Fatal(err)
	}
}

// program is pitwall under way.
type program struct {
	*exec.Cmd
	out, err *output
	ended    chan struct{}
}

// start runs pitwall in the app's directory.
func (s *site) start(args ...string) *program {
	s.t.Helper()
	path, err := pitwall()
	if err != nil {
		s.t.Fatal(err)
	}
	return s.run(append([]string{path}, args...)...)
}

// run starts any program with the site's environment.
func (s *site) run(words ...string) *program {
	s.t.Helper()
	p := &program{Cmd: exec.Command(words[0], words[1:]...), out: &output{}, err: &output{}, ended: make(chan struct{})}
	p.Dir, p.Stdout, p.Stderr = s.app, p.out, p.err
	p.Env = append(os.Environ(), append([]string{"TMPDIR=" + s.tmp, s.mark, "NO_COLOR=1", "XDG_STATE_HOME=" + s.tmp + "/state"}, s.env...)...)
	if err := p.Cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	go func() {
		p.Cmd.Wait()
		close(p.ended)
	}()
	return p
}

// lap runs a whole lap and returns how it ended.
func (s *site) lap(args ...string) *program {
	s.t.Helper()
	heavy <- struct{}{}
	defer func() { <-heavy }()
	p := s.start(append([]string{"lap", "--time", "10s"}, args...)...)
	s.await(p, "the lap's end", p.over)
	return p
}

func (p *program) over() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// code is how the program ended: its exit code, or minus the signal.
func (p *program) code() int {
	<-p.ended
	status := p.ProcessState.Sys().(syscall.WaitStatus)
	if status.Signaled() {
		return -int(status.Signal())
	}
	return status.ExitStatus()
}

// said is all that the program printed.
func (p *program) said() string { return p.err.String() + p.out.String() }

// reached says whether a lap came to a stage; "" is its start.
func (p *program) reached(stage string) bool {
	return strings.Contains("\n"+p.err.String(), "\n"+stage)
}

// await waits for a state of the program, and fails when it ends without.
func (s *site) await(p *program, what string, done func() bool) {
	s.t.Helper()
	patience := max(s.wait, 90*time.Second)
	for end := time.Now().Add(patience); !done(); time.Sleep(10 * time.Millisecond) {
		if p.over() && !done() {
			s.t.Fatalf("%s: ended before, with %d\n%s", what, p.code(), p.said())
		}
		if time.Now().After(end) {
			p.Process.Kill()
			s.t.Fatalf("%s: not in time\n%s", what, p.said())
		}
	}
}

// expect holds how a program ended against its exit code and what it should
// have said.
func (s *site) expect(p *program, code int, substance ...string) {
	s.t.Helper()
	if got := p.code(); got != code {
		s.t.Errorf("exit %d, want %d", got, code)
	}
	for _, text := range substance {
		if !strings.Contains(p.said(), text) {
			s.t.Errorf("it never says %q", text)
		}
	}
	if s.t.Failed() {
		s.t.Logf("it said:\n%.8000s", p.said())
	}
}

// running lists the processes that carry the site's mark.
func (s *site) running() []int {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		s.t.Fatal(err)
	}
	var pids []int
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		environ, err := os.ReadFile("/proc/" + e.Name() + "/environ") // a zombie's is empty
		if err == nil && bytes.Contains(environ, []byte(s.mark+"\x00")) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// nothingLeft sees that no process and no private directory outlives a lap.
func (s *site) nothingLeft() {
	s.t.Helper()
	s.eventuallyNothing(0)
}

// nothingSoon is nothingLeft for a lap that could not wait for its end.
func (s *site) nothingSoon() {
	s.t.Helper()
	s.eventuallyNothing(20 * time.Second)
}

func (s *site) eventuallyNothing(patience time.Duration) {
	s.t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		pids := append(s.running(), s.guards()...)
		dirs := s.private()
		if len(pids) == 0 && len(dirs) == 0 {
			return
		}
		if time.Now().After(end) {
			for _, pid := range pids {
				line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
				s.t.Errorf("left running: %d %s", pid, bytes.ReplaceAll(line, []byte{0}, []byte{' '}))
			}
			for _, dir := range dirs {
				s.t.Errorf("left in TMPDIR: %s", dir)
			}
			return
		}
	}
}

// private lists the directories that pitwall made in TMPDIR.
func (s *site) private() []string {
	short, _ := filepath.Glob(filepath.Join(s.tmp, "pw-*"))
	long, _ := filepath.Glob(filepath.Join(s.tmp, "pitwall-*"))
	return append(short, slices.DeleteFunc(long, func(path string) bool { return strings.HasSuffix(path, ".lock") })...)
}

// guards lists the shells that wait for pitwall's end, which have no
// environment of ours, but a directory.
func (s *site) guards() []int {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		s.t.Fatal(err)
	}
	var pids []int
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if line := commandLine(pid); err == nil && strings.Contains(line, "pitwall-guard") && strings.Contains(line, s.tmp+"/") {
			pids = append(pids, pid)
		}
	}
	return pids
}

// stored is the runs in the site's store, newest first.
func (s *site) stored() []run.Run {
	s.t.Helper()
	st, err := store.Open(context.Background(), filepath.Join(s.app, store.DirName))
	if err != nil {
		s.t.Fatal(err)
	}
	defer st.Close()
	runs, err := st.List(context.Background(), store.Filter{})
	if err != nil {
		s.t.Fatal(err)
	}
	return runs
}

// windows counts the windows that a run has sealed.
func windows(r run.Run) int {
	n := 0
	for _, p := range r.Parts {
		if strings.HasPrefix(p.Name, "window-") {
			n++
		}
	}
	return n
}

// tinyYML is pitwall.yml of test/apps/tiny: more of the web process as lines
// of YAML, and the routes' paths.
func tinyYML(web string, paths ...string) string {
	var b strings.Builder
	b.WriteString("app: tiny\nprocesses:\n  - name: web\n    command: puma -C config/puma.rb\n")
	for _, line := range []string{"port: auto", "ready: {http: /up, timeout: 30s}", "stop: {timeout: 3s}"} {
		if key, _, _ := strings.Cut(line, " "); !strings.Contains(web, key) {
			b.WriteString("    " + line + "\n")
		}
	}
	if web != "" {
		b.WriteString("    " + web + "\n")
	}
	b.WriteString("routes:\n")
	for _, path := range paths {
		fmt.Fprintf(&b, "  - {name: %s, path: %s}\n", strings.TrimPrefix(path, "/"), path)
	}
	return b.String()
}

func commandLine(pid int) string {
	line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	return strings.TrimSpace(string(bytes.ReplaceAll(line, []byte{0}, []byte{' '})))
}

func kill(pid int) error { return syscall.Kill(pid, syscall.SIGKILL) }
