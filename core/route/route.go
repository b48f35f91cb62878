// Package route describes one kind of request to an app. It is the single
// schema that load, bench, scour and request share: a name, what to send,
// what to expect, and how often.
package route

// Route is one kind of request. Path is a template: "{id}" takes the value
// of the parameter id, drawn anew for every request.
type Route struct {
	Name    string            `yaml:"name" json:"name"`
	Method  string            `yaml:"method,omitempty" json:"method"` // upper case; empty means GET
	Path    string            `yaml:"path" json:"path"`
	Params  map[string]Param  `yaml:"params,omitempty" json:"params,omitempty"`
	Headers map[string]string `yaml:"headers,omitempty" json:"headers,omitempty"`
	Form    map[string]string `yaml:"form,omitempty" json:"form,omitempty"`       // url-encoded body; values are templates
	JSON    string            `yaml:"json,omitempty" json:"json,omitempty"`       // JSON body; a template
	CSRF    string            `yaml:"csrf,omitempty" json:"csrf,omitempty"`       // page that holds the form or meta token; empty means none
	Session bool              `yaml:"session,omitempty" json:"session,omitempty"` // carries the cookies of the login in session:
	Expect  Expect            `yaml:"expect,omitempty" json:"expect"`
	Weight  float64           `yaml:"weight,omitempty" json:"weight"` // relative to the other routes; 0 means 1
	Writes  bool              `yaml:"writes,omitempty" json:"writes,omitempty"`
}

// Param says where the values of a path or body parameter come from. Exactly
// one of the fields is set.
type Param struct {
	Range    []int64  `yaml:"range,omitempty" json:"range,omitempty"`       // [low, high], both inclusive, uniform
	Values   []string `yaml:"values,omitempty" json:"values,omitempty"`     // uniform over the list
	Sequence *int64   `yaml:"sequence,omitempty" json:"sequence,omitempty"` // counts up from here, never repeats in a run
	Unique   bool     `yaml:"unique,omitempty" json:"unique,omitempty"`     // random text, never repeats in a store's life
}

// Expect is what a good answer looks like. Zero fields are not checked,
// except Status: an empty list means 200 to 299.
type Expect struct {
	Status      []int  `yaml:"status,omitempty" json:"status,omitempty"`
	ContentType string `yaml:"content_type,omitempty" json:"content_type,omitempty"` // a prefix
	MinBytes    int64  `yaml:"min_bytes,omitempty" json:"min_bytes,omitempty"`
	Contains    string `yaml:"contains,omitempty" json:"contains,omitempty"`
}

// Session is a login: its steps are done once for each virtual user, with a
// cookie jar that the user's later requests carry.
type Session struct {
	Steps []Route `yaml:"steps" json:"steps"`
}

// Verb is the method in upper case, GET when the route names none.
func (r Route) Verb() string {
	if r.Method == "" {
		return "GET"
	}
	return r.Method
}

// Share is the weight, 1 when the route names none.
func (r Route) Share() float64 {
	if r.Weight == 0 {
		return 1
	}
	return r.Weight
}
