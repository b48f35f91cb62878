// Package spec is pitwall.yml: what an app is, how to start it, what to ask
// it, and what it may touch.
package spec

import "pitwall/core/route"

// Spec describes one app. In commands, environments, addresses and readiness
// checks "{run_dir}" stands for a short private directory that lives as long
// as one start of the app, and "{port:NAME}" for the port of the service or
// process NAME.
type Spec struct {
	App        string         `yaml:"app"`
	Setup      []Task         `yaml:"setup,omitempty"`    // run to their end first, outside the lap's time
	Services   []Unit         `yaml:"services,omitempty"` // started first, in order
	Processes  []Unit         `yaml:"processes"`          // started next, in order; exactly one serves requests
	Session    *route.Session `yaml:"session,omitempty"`
	Routes     []route.Route  `yaml:"routes"`
	RoutesFrom string         `yaml:"routes_from,omitempty"` // a log: weights are the routes' counts in it
	Traffic    Traffic        `yaml:"traffic,omitempty"`
	Allow      []string       `yaml:"allow,omitempty"`      // hosts the app may talk to, beside loopback
	Disposable []string       `yaml:"disposable,omitempty"` // names of databases that may be written
	Lap        Lap            `yaml:"lap,omitempty"`

	Dir string `yaml:"-"` // of the file: relative paths start here
}

// Task is a command that runs to its end.
type Task struct {
	Name    string            `yaml:"name"`
	Command string            `yaml:"command"` // split into words as a POSIX shell would; no shell runs it
	Dir     string            `yaml:"dir,omitempty"`
	Env     map[string]string `yaml:"env,omitempty"`
	Timeout Duration          `yaml:"timeout,omitempty"` // 15m when absent
}

// Unit is a service or a process: it runs in the foreground until stopped.
type Unit struct {
	Name    string            `yaml:"name"` // "web", "jobs", "postgres"
	Command string            `yaml:"command"`
	Dir     string            `yaml:"dir,omitempty"`
	Env     map[string]string `yaml:"env,omitempty"`
	Port    Port              `yaml:"port,omitempty"`    // also given to the command as PORT
	Address string            `yaml:"address,omitempty"` // of the web process: "http://127.0.0.1:{port:web}"
	Ready   Ready             `yaml:"ready,omitempty"`
	Stop    Stop              `yaml:"stop,omitempty"`
}

// Port is a fixed port, or Auto: a free one chosen at each start.
type Port int

// Auto asks for a free port ("port: auto").
const Auto Port = -1

// Ready says how to tell that a unit is ready; exactly one of the first five
// is set, none means at once.
type Ready struct {
	HTTP    string   `yaml:"http,omitempty"`    // a path of the unit's address, or a URL; any answer below 500
	TCP     string   `yaml:"tcp,omitempty"`     // host:port accepts
	Unix    string   `yaml:"unix,omitempty"`    // socket accepts
	Log     string   `yaml:"log,omitempty"`     // a regular expression that a line of its output matches
	Command string   `yaml:"command,omitempty"` // exits with 0
	Timeout Duration `yaml:"timeout,omitempty"` // 60s when absent
}

// Stop says how to end a unit; what does not end in time is killed.
type Stop struct {
	Signal  string   `yaml:"signal,omitempty"`  // "TERM" when absent
	Timeout Duration `yaml:"timeout,omitempty"` // 10s when absent
}

// Traffic is what is known of production.
type Traffic struct {
	RatePerS float64 `yaml:"rate_per_s,omitempty"` // arrivals over the whole app
}

// Lap holds the settings of pitwall lap; flags win over them.
type Lap struct {
	Time    Duration `yaml:"time,omitempty"`       // 150s when absent
	Share   float64  `yaml:"share,omitempty"`      // of the saturation throughput to offer; 0.5 when absent
	Rate    float64  `yaml:"rate_per_s,omitempty"` // offered instead of a share
	Sampler *float64 `yaml:"sampler_hz,omitempty"` // 0 switches it off
	Agent   *bool    `yaml:"agent,omitempty"`
	Seed    uint64   `yaml:"seed,omitempty"`
}
