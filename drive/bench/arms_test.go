package bench

import (
	"errors"
	"slices"
	"strings"
	"testing"

	core "pitwall/core/bench"
)

func TestArmsOfAChoice(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]struct {
		choice Choice
		names  []string
	}{
		"nothing":    {Choice{}, []string{"this tree", "this tree, again"}},
		"a setting":  {Choice{Setting: "A=1"}, []string{"as it is", "A=1", "as it is, again"}},
		"values":     {Choice{Env: "A=1,2,"}, []string{"A=1", "A=2", "A=", "A=1, again"}},
		"a secret":   {Choice{Setting: "API_TOKEN=hunter2"}, []string{"as it is", "API_TOKEN=[dropped]", "as it is, again"}},
		"secrets":    {Choice{Env: "PASSWORD=hunter2,hunter3"}, []string{"PASSWORD=[dropped], value 1", "PASSWORD=[dropped], value 2", "PASSWORD=[dropped], value 1, again"}},
		"allocators": {Choice{Allocators: []string{"default", "glibc"}}, []string{"default", "glibc", "default, again"}},
	} {
		arms, versions, remove, err := c.choice.Arms(t.Context(), dir, []string{"true"})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		remove()
		var names []string
		for _, a := range arms {
			names = append(names, a.Name)
			if strings.Contains(a.Name, "hunter") || slices.ContainsFunc(pairsOf(a.Env), func(s string) bool { return strings.Contains(s, "hunter") }) {
				t.Errorf("%s: a secret is shown: %+v", name, a)
			}
		}
		if !slices.Equal(names, c.names) || len(versions) != len(arms) || arms[len(arms)-1].Role != core.Control {
			t.Errorf("%s: %q", name, names)
		}
		if len(arms) > 2 && (arms[0].Role != core.Old || arms[1].Role != core.New) || len(arms) == 2 && arms[0].Role != core.New {
			t.Errorf("%s: %+v", name, arms)
		}
	}
}

func TestChoicesThatCannotBe(t *testing.T) {
	for name, c := range map[string]Choice{
		"no such Ruby":      {Rubies: []string{"ruby", "no-such-ruby-here"}},
		"no such allocator": {Allocators: []string{"default", "no-such-malloc"}},
		"no such library":   {Allocators: []string{"default", "/nowhere/libx.so"}},
		"no YJIT":           {JIT: true},
	} {
		_, _, _, err := c.Arms(t.Context(), t.TempDir(), []string{"false"})
		var wrong *Error
		if !errors.As(err, &wrong) || wrong.Hint == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, _, err := (Choice{Revision: "main"}).Arms(t.Context(), t.TempDir(), []string{"true"}); err == nil {
		t.Error("a revision outside git")
	}
}
