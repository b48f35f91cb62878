package layout

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// machines in the order of the values in a table's "a/b".
var machines = []string{"amd64", "arm64"}

// anyPatch stands for the * of "3.1.*".
const anyPatch = 1 << 15

// table is one parsed file.
type table struct {
	name     string
	from, to Version
	seen     map[string][]string // versions by machine
	rows     []row
}

// row is "key value[/value] [condition]".
type row struct {
	key    string
	values [2]int // by machine
	only   condition
}

// condition limits a row to some patch releases: "<=3.1.4", "=3.2.3", ">=3.2.4".
type condition struct {
	op string // empty: always
	v  Version
}

func (c condition) holds(v Version) bool {
	switch c.op {
	case "<=":
		return v.Compare(c.v) <= 0
	case ">=":
		return v.Compare(c.v) >= 0
	case "=":
		return v.Compare(c.v) == 0
	}
	return true
}

func (t table) covers(v Version) bool { return v.Compare(t.from) >= 0 && v.Compare(t.to) <= 0 }

func (t table) describe() string {
	if t.to.Patch == anyPatch {
		return fmt.Sprintf("%s to %d.%d.*", t.from, t.to.Major, t.to.Minor)
	}
	return fmt.Sprintf("%s to %s", t.from, t.to)
}

func parse(name, text string) (table, error) {
	t := table{name: name, seen: map[string][]string{}}
	for n, line := range strings.Split(text, "\n") {
		line, _, _ = strings.Cut(line, "#")
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		if err := t.line(fields); err != nil {
			return table{}, fmt.Errorf("line %d: %w", n+1, err)
		}
	}
	if t.to == (Version{}) {
		return table{}, errors.New("no ruby line")
	}
	return t, nil
}

func (t *table) line(fields []string) (err error) {
	switch fields[0] {
	case "ruby":
		if len(fields) != 4 || fields[2] != "-" {
			return errors.New("want: ruby FROM - TO")
		}
		if t.from, err = ParseVersion(fields[1]); err != nil {
			return err
		}
		t.to, err = ParseVersion(strings.Replace(fields[3], "*", strconv.Itoa(anyPatch), 1))
		return err
	case "seen":
		if len(fields) < 3 || !slices.Contains(machines, fields[1]) {
			return errors.New("want: seen MACHINE VERSION [VERSION ...]")
		}
		t.seen[fields[1]] = fields[2:]
		return nil
	}
	r, err := parseRow(fields)
	t.rows = append(t.rows, r)
	return err
}

func parseRow(fields []string) (r row, err error) {
	if len(fields) < 2 || len(fields) > 3 {
		return r, errors.New("want: FIELD VALUE[/VALUE] [CONDITION]")
	}
	r.key = fields[0]
	first, second, two := strings.Cut(fields[1], "/")
	if !two {
		second = first
	}
	for i, text := range []string{first, second} {
		if r.values[i], err = strconv.Atoi(text); err != nil {
			return r, err
		}
		if r.values[i] < None || r.values[i] > 1<<16 {
			return r, fmt.Errorf("%s is %d", r.key, r.values[i])
		}
	}
	if len(fields) == 3 {
		r.only, err = parseCondition(fields[2])
	}
	return r, err
}

func parseCondition(text string) (c condition, err error) {
	for _, op := range []string{"<=", ">=", "="} {
		if rest, ok := strings.CutPrefix(text, op); ok {
			c.op = op
			c.v, err = ParseVersion(rest)
			return c, err
		}
	}
	return c, fmt.Errorf("condition %q", text)
}

// layout fills a Layout from the rows that hold for v. A field that two rows
// set, or one that no Layout has, is a defect of the table.
func (t table) layout(v Version, arch string) (Layout, error) {
	l := Layout{Ruby: v, Arch: arch, Table: t.name, Seen: slices.Contains(t.seen[arch], v.String())}
	fields := l.fields()
	for _, f := range fields {
		*f = None
	}
	set := map[string]bool{}
	for _, r := range t.rows {
		if !r.only.holds(v) {
			continue
		}
		into, ok := fields[r.key]
		if !ok || set[r.key] {
			return Layout{}, fmt.Errorf("layout table %s: field %s is unknown or set twice for %s", t.name, r.key, v)
		}
		set[r.key] = true
		*into = r.values[slices.Index(machines, arch)]
	}
	if missing := l.missing(set); len(missing) > 0 {
		return Layout{}, fmt.Errorf("layout table %s: missing for %s: %s", t.name, v, strings.Join(missing, ", "))
	}
	return l, nil
}
