package main

import (
	"strconv"
	"strings"

	"pitwall/core/profile"
)

// builder merges stacks into a tree.
type builder struct {
	tree   *profile.Tree
	frames map[profile.Frame]int32
	nodes  map[[2]int32]int32
}

func newBuilder() *builder {
	return &builder{
		tree:   &profile.Tree{Unit: "ns", Frames: []profile.Frame{}, Nodes: []profile.Node{{Parent: profile.NoStack, Frame: -1}}},
		frames: map[profile.Frame]int32{},
		nodes:  map[[2]int32]int32{},
	}
}

// add puts one stack's time into the tree.
func (b *builder) add(stack []profile.Frame, ns int64) {
	at := int32(0)
	b.tree.Nodes[0].Total += ns
	for _, frame := range stack {
		at = b.child(at, b.frame(frame))
		b.tree.Nodes[at].Total += ns
	}
	b.tree.Nodes[at].Self += ns
}

func (b *builder) frame(f profile.Frame) int32 {
	if i, ok := b.frames[f]; ok {
		return i
	}
	i := int32(len(b.tree.Frames))
	b.tree.Frames = append(b.tree.Frames, f)
	b.frames[f] = i
	return i
}

func (b *builder) child(parent, frame int32) int32 {
	key := [2]int32{parent, frame}
	if i, ok := b.nodes[key]; ok {
		return i
	}
	i := int32(len(b.tree.Nodes))
	b.tree.Nodes = append(b.tree.Nodes, profile.Node{Parent: parent, Frame: frame})
	b.nodes[key] = i
	return i
}

// parse reads frames, one a line: "name file:line". A name alone is C, in
// round brackets it is made up, "block in" is a block.
func parse(text string) []profile.Frame {
	var stack []profile.Frame
	for line := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		if line = strings.TrimSpace(line); line != "" {
			stack = append(stack, parseFrame(line))
		}
	}
	return stack
}

func parseFrame(line string) profile.Frame {
	name, place, found := strings.Cut(line, " @ ")
	frame := profile.Frame{Name: name, Kind: profile.Ruby}
	switch {
	case !found && strings.HasPrefix(name, "("):
		frame.Kind = profile.Synthetic
	case !found:
		frame.Kind = profile.CFunc
	case strings.HasPrefix(name, "block"):
		frame.Kind = profile.Block
	}
	if cut := strings.LastIndexByte(place, ':'); found && cut > 0 {
		n, _ := strconv.Atoi(place[cut+1:])
		frame.File, frame.Line = short(place[:cut]), int32(n)
	}
	return frame
}

// short spells out the abbreviated folders of the stacks below.
func short(path string) string {
	for from, to := range map[string]string{
		"puma/":  "/usr/lib/ruby/vendor_ruby/puma/",
		"rack/":  "/usr/lib/ruby/vendor_ruby/rack/",
		"ap/":    "/usr/share/rubygems-integration/all/gems/actionpack-6.1.7.10/lib/",
		"av/":    "/usr/share/rubygems-integration/all/gems/actionview-6.1.7.10/lib/action_view/",
		"ar/":    "/usr/share/rubygems-integration/all/gems/activerecord-6.1.7.10/lib/active_record/",
		"as/":    "/usr/share/rubygems-integration/all/gems/activesupport-6.1.7.10/lib/active_support/",
		"rt/":    "/usr/share/rubygems-integration/all/gems/railties-6.1.7.10/lib/rails/",
		"app/":   "/srv/shop/app/",
		"stdlib": "/usr/lib/ruby/3.1.0",
	} {
		if rest, ok := strings.CutPrefix(path, from); ok {
			return to + rest
		}
	}
	return path
}

// request is what every request of a Rails app goes through.
const request = `
Thread.new @ puma/thread_pool.rb:110
block in Puma::ThreadPool#spawn_thread @ puma/thread_pool.rb:127
Puma::Server#process_client @ puma/server.rb:430
Puma::Request#handle_request @ puma/request.rb:76
Rack::Builder#call @ rack/builder.rb:244
Rails::Engine#call @ rt/engine.rb:539
ActionDispatch::HostAuthorization#call @ ap/action_dispatch/middleware/host_authorization.rb:142
Rack::Sendfile#call @ rack/sendfile.rb:110
ActionDispatch::Executor#call @ ap/action_dispatch/middleware/executor.rb:14
Rack::Runtime#call @ rack/runtime.rb:22
ActionDispatch::RequestId#call @ ap/action_dispatch/middleware/request_id.rb:26
Rails::Rack::Logger#call @ rt/rack/logger.rb:26
ActionDispatch::ShowExceptions#call @ ap/action_dispatch/middleware/show_exceptions.rb:33
ActionDispatch::Cookies#call @ ap/action_dispatch/middleware/cookies.rb:697
Rack::Session::Abstract::Persisted#context @ rack/session/abstract/id.rb:266
ActionDispatch::Routing::RouteSet#call @ ap/action_dispatch/routing/route_set.rb:841
ActionDispatch::Journey::Router#serve @ ap/action_dispatch/journey/router.rb:50
ActionController::Metal.dispatch @ ap/action_controller/metal.rb:188
AbstractController::Callbacks#process_action @ ap/abstract_controller/callbacks.rb:41
ActionController::BasicImplicitRender#send_action @ ap/action_controller/metal/basic_implicit_render.rb:6
`

// query is what a statement of Active Record goes through.
const query = `
ActiveRecord::Relation#exec_queries @ ar/relation.rb:902
ActiveRecord::Querying#find_by_sql @ ar/querying.rb:51
ActiveRecord::ConnectionAdapters::DatabaseStatements#select_all @ ar/connection_adapters/abstract/database_statements.rb:60
ActiveRecord::ConnectionAdapters::AbstractAdapter#log @ ar/connection_adapters/abstract_adapter.rb:696
ActiveRecord::ConnectionAdapters::PostgreSQLAdapter#exec_cache @ ar/connection_adapters/postgresql_adapter.rb:672
`
