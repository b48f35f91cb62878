package judge

import (
	"math"
	"strings"
	"testing"

	"pitwall/core/lap"
	"pitwall/core/profile"
)

// passing makes a scene of CPU samples of one route; shares are numbers of
// samples by the frames of the app that they pass, with a gem's at the leaf.
func passing(shares map[int][]profile.Frame) *scene {
	b := profile.NewBuilder("wall", ms)
	gem := ruby("ActionView::Helpers::UrlHelper#link_to", "/usr/lib/ruby/vendor_ruby/action_view/helpers/url_helper.rb", 200)
	for n, frames := range shares {
		for range n {
			b.Add(profile.Sample{Stack: b.Path(append(append([]profile.Frame{ruby("Puma::Server#run", "/usr/lib/ruby/vendor_ruby/puma/server.rb", 1)}, frames...), gem)...), State: profile.Running, Route: b.Route("wiki"), Weight: ms})
		}
	}
	return &scene{prof: b.Profile(0, 100*ms)}
}

// What a filter around all actions and the action itself pass says nothing:
// the largest piece below them is named, and that it is one of several.
func TestSpreadCPUIsNotPutOnTheDoor(t *testing.T) {
	filter := ruby("Redmine::SudoMode#sudo_mode", "/usr/share/redmine/lib/redmine/sudo_mode.rb", 61)
	action := ruby("WikiController#show", "/usr/share/redmine/app/controllers/wiki_controller.rb", 80)
	page := ruby("_app_views_wiki_show_html_erb", "/usr/share/redmine/app/views/wiki/show.html.erb", 3)
	layout := ruby("_app_views_layouts_base_html_erb", "/usr/share/redmine/app/views/layouts/base.html.erb", 50)
	text := ruby("ApplicationHelper#textilizable", "/usr/share/redmine/app/helpers/application_helper.rb", 700)
	s := passing(map[int][]profile.Frame{31: {filter, action, page}, 10: {filter, action, page, text}, 30: {filter, action, layout}, 9: {filter, action}, 20: {}})
	sp, ok := s.wherePassed(s.samplesOf("wiki"))
	if !ok || sp.door != methodOf(action) || math.Abs(sp.share-.8) > 1e-9 || math.Abs(sp.own-.09) > 1e-9 || len(sp.parts) != 2 {
		t.Fatalf("%+v", sp)
	}
	if sp.parts[0].frame != methodOf(page) || math.Abs(sp.parts[0].share-.41) > 1e-9 || sp.parts[1].frame != methodOf(layout) {
		t.Errorf("%+v", sp.parts)
	}
	r := &row{out: lap.Route{Name: "wiki"}}
	c := s.cpuBound(r, work{wall: .09, cpu: .085, alone: true}, nil)
	if len(c) != 1 || c[0].title != "85.0 ms of CPU, spread: 41 % of it under app/views/wiki/show.html.erb" || math.Abs(c[0].regained.Point-.41*.085) > 1e-9 {
		t.Errorf("%+v", c)
	}
	if c[0].evidence[1].Text != "41 % of them under app/views/wiki/show.html.erb" || c[0].evidence[2].Text != "30 % of them under app/views/layouts/base.html.erb" || c[0].evidence[2].Line != "" {
		t.Errorf("%+v", c[0].evidence)
	}
}

// A method that calls libraries itself has its CPU.
func TestCPUOfAMethodThatCallsLibraries(t *testing.T) {
	action := ruby("ExportsController#show", "/srv/app/app/controllers/exports_controller.rb", 5)
	row1 := ruby("Export#row", "/srv/app/app/models/export.rb", 5)
	s := passing(map[int][]profile.Frame{60: {action}, 21: {action, row1}, 19: {}})
	c := s.cpuBound(&row{out: lap.Route{Name: "wiki"}}, work{wall: .2, cpu: .2, alone: true}, nil)
	if len(c) != 1 || !strings.HasSuffix(c[0].title, "of CPU in ExportsController#show") {
		t.Errorf("%+v", c)
	}
}
