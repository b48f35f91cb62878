package lap

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pitwall/core/route"
)

func TestArgumentsWithoutSecrets(t *testing.T) {
	got := safeArgs([]string{"lap", "--against", "API_KEY=canary", "--against=DATABASE_URL=canary", "--time=60s", "--against=RUBY_YJIT_ENABLE=1", "main"})
	want := []string{"lap", "--against", "API_KEY=[dropped]", "--against=DATABASE_URL=[dropped]", "--time=60s", "--against=RUBY_YJIT_ENABLE=1", "main"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestRoutesAreKeptWithoutWhatIsSent(t *testing.T) {
	routes := []route.Route{{
		Name: "a", Path: "/a/{id}?page=2&access_token=canary&api_key={key}",
		Params:  map[string]route.Param{"id": {Range: []int64{1, 9}}, "key": {Values: []string{"canary", "canary2"}}},
		Headers: map[string]string{"Authorization": "Bearer canary"}, Form: map[string]string{"pin": "canary"}, JSON: `{"card":"canary"}`,
		Expect: route.Expect{Status: []int{303}}, Weight: 3,
	}, {Name: "plain", Path: "/plain"}}
	before, err := json.Marshal(routes)
	if err != nil {
		t.Fatal(err)
	}
	kept := storable(routes)
	text, err := json.Marshal(kept)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "canary") {
		t.Errorf("kept: %s", text)
	}
	if kept[0].Path != "/a/{id}?page=2&access_token=[dropped]&api_key={key}" || kept[0].Weight != 3 || len(kept[0].Params["id"].Range) != 2 || len(kept[0].Headers) != 1 {
		t.Errorf("%s", text)
	}
	if d := cmp.Diff(routes[1], kept[1]); d != "" {
		t.Error(d)
	}
	if after, _ := json.Marshal(routes); string(after) != string(before) {
		t.Error("the routes that are driven were changed")
	}
	if storable(nil) != nil {
		t.Error("no routes became some")
	}
}
