package cli

import (
	"testing"

	"pitwall/core/run"
)

func TestAsBeforeRepeatsTheCommandAgainstItsRun(t *testing.T) {
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"lap", "--time", "30s"}, "pitwall lap --time 30s --against 01a20a28-6a47"},
		{[]string{"lap", "--against", "last", "--time", "30s"}, "pitwall lap --time 30s --against 01a20a28-6a47"},
		{[]string{"lap", "--against=last"}, "pitwall lap --against 01a20a28-6a47"},
	} {
		if got := asBefore(run.Run{ID: "01a20a28-6a47-79bd-8081-7c89001e2573", Args: test.args}); got != test.want {
			t.Errorf("%v: %s, want %s", test.args, got, test.want)
		}
	}
}

func TestQuotedIsOneWordOfAShell(t *testing.T) {
	for path, want := range map[string]string{"/srv/a-b_1": "/srv/a-b_1", "/st ore": "'/st ore'", "/o'b": `'/o'\''b'`, "$HOME": "'$HOME'"} {
		if got := quoted(path); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}
