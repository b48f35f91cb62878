package sketch

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"pitwall/core/spec"
	"pitwall/internal/golden"
)

func app(files map[string]string) fstest.MapFS {
	m := fstest.MapFS{}
	for name, text := range files {
		m[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return m
}

const railsApplication = "module CoffeeShop\n  class Application < Rails::Application\n  end\nend\n"

const railsRoutes = `Rails.application.routes.draw do
  root "stories#index"
  get "up" => "rails/health#show", as: :rails_health_check
  get "/about", to: "pages#about"    # a page
  get 'search' => 'search#index'
  get "logout", to: "sessions#destroy"
  get "/orders/:id", to: "orders#show"
  get "files/*path", to: "files#show"
  post "/login", to: "sessions#create"
  resources :orders, only: [:index, :show] do
    get "print", on: :member
    resources :lines
  end
  resources :carts, only: :show
  resources :products, except: %i[index]
  resources :tags, path: "labels"
  namespace :admin do
    root to: "home#index"
    resources :users
  end
  scope "/shop" do
    get "offers", to: "offers#index"
  end
  scope ":locale" do
    get "imprint"
  end
  authenticate :user do
    get "account", to: "account#show"
  end
  if Rails.env.development?
    get "debug"
  end
  # get "commented"
  get :contact
end
`

func TestRailsRoutes(t *testing.T) {
	got, health := routes(railsRoutes)
	want := []Route{
		{"/", true, ""}, {"/about", true, ""}, {"/search", true, ""},
		{"/logout", false, "it may change something"},
		{"/orders", false, "the list of orders"},
		{"/labels", false, "the list of tags"},
		{"/admin", false, "it probably needs a login"},
		{"/admin/users", false, "it probably needs a login"},
		{"/shop/offers", true, ""},
		{"/account", false, "it probably needs a login"},
		{"/debug", false, "it is there under a condition"},
		{"/contact", true, ""},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if health != "/up" {
		t.Errorf("health %q", health)
	}
}

func TestCommands(t *testing.T) {
	for name, c := range map[string]struct {
		files     map[string]string
		web, jobs string
	}{
		"puma with PORT":    {map[string]string{"config/puma.rb": "port ENV.fetch(\"PORT\") { 3000 }\n"}, "puma -C config/puma.rb", ""},
		"puma without PORT": {map[string]string{"config/puma.rb": "port 3000\n"}, "puma -C config/puma.rb -b tcp://127.0.0.1:{port:web}", ""},
		"Gemfile":           {map[string]string{"Gemfile": "gem 'sidekiq'\n"}, "bundle exec puma -b tcp://127.0.0.1:{port:web}", "bundle exec sidekiq"},
		"unicorn":           {map[string]string{"config/unicorn.rb": "x"}, "unicorn -c config/unicorn.rb -l 127.0.0.1:{port:web}", ""},
		"Procfile": {map[string]string{"Procfile": "release: rake db:migrate && x\nweb: bin/serve -p ${PORT:-3000}\nworker: sidekiq -C x.yml\n"},
			"bin/serve -p {port:web}", "sidekiq -C x.yml"},
		"Procfile with a shell": {map[string]string{"Procfile": "web: cd x && rackup -p $PORT\n"}, "puma -b tcp://127.0.0.1:{port:web}", ""},
	} {
		web, jobs := directory{app(c.files)}.commands()
		if web != c.web || jobs != c.jobs {
			t.Errorf("%s: %q, %q; want %q, %q", name, web, jobs, c.web, c.jobs)
		}
	}
}

func TestRendered(t *testing.T) {
	for name, c := range map[string]struct {
		app App
	}{
		"rails.yml": {Look(app(map[string]string{
			"config/application.rb":             railsApplication,
			"config/routes.rb":                  railsRoutes,
			"config/puma.rb":                    "port ENV['PORT']\n",
			"config/environments/production.rb": "  config.force_ssl = true\n",
			"config/database.yml":               "development:\n  database: dev\nproduction:\n  adapter: postgresql\n  database: coffee_production\n",
			"config/sidekiq.yml":                "x",
			"Gemfile":                           "gem 'rails'\n",
		}), "dir")},
		"rack.yml": {Look(app(map[string]string{"config.ru": "run App\n"}), "My App!")},
		"http.yml": {App{Kind: HTTP, Name: "api", Command: "./server --listen :8080", Address: "http://127.0.0.1:8080", Health: "/", Routes: []Route{{Path: "/", Sure: true}}}},
	} {
		text := Render(c.app)
		golden.Check(t, name, text)
		s, err := spec.Parse(name, []byte(text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if s.App != c.app.Name || s.Processes[0].Command != c.app.Command {
			t.Errorf("%s reads back as %q, %q", name, s.App, s.Processes[0].Command)
		}
	}
}

// The comments must hold too once somebody takes the # away.
func TestCommentedSuggestionsHold(t *testing.T) {
	text := Render(Look(app(map[string]string{"config/application.rb": railsApplication, "config/routes.rb": railsRoutes, "Gemfile": "sidekiq"}), "x"))
	var open []string
	for _, line := range strings.Split(text, "\n") {
		bare := strings.TrimLeft(line, " ")
		indent := line[:len(line)-len(bare)]
		if rest, ok := strings.CutPrefix(bare, "# "); ok && !strings.Contains(rest, "/orders/{id}") && suggestionLine(rest) {
			line = indent + rest
		}
		open = append(open, line)
	}
	s, err := spec.Parse("opened", []byte(strings.Join(open, "\n")))
	if err != nil {
		t.Fatalf("%v\n%s", err, strings.Join(open, "\n"))
	}
	if len(s.Services) != 1 || s.Session == nil || len(s.Processes) != 2 || len(s.Disposable) != 1 || s.Traffic.RatePerS != 40 {
		t.Errorf("not all suggestions were opened: %+v", s)
	}
}

// suggestionLine tells keys and values from prose, and leaves out the routes
// with a template, which stand above their list.
func suggestionLine(rest string) bool {
	key, _, found := strings.Cut(strings.TrimLeft(rest, " -"), ":")
	return found && !strings.ContainsAny(key, " \"") && !strings.Contains(rest, "name: order ") && rest != "  - name: order" && !strings.HasPrefix(rest, "    params") && key != "http"
}

func TestLookBoundsWhatItReads(t *testing.T) {
	a := Look(app(map[string]string{"config/application.rb": railsApplication, "config/routes.rb": strings.Repeat("get 'a'\n", maxFile)}), "")
	if a.SeenRoutes || a.Name != "coffee_shop" {
		t.Errorf("%+v", a)
	}
	found, _ := routes(strings.Repeat("namespace :a do\n", 1000) + "root\n")
	if len(found) > 0 {
		t.Errorf("found %v", found)
	}
	if a := Look(app(nil), "../x/"); a.Kind != HTTP || a.Command != "" || a.Name != "x" {
		t.Errorf("%+v", a)
	}
}

func FuzzLook(f *testing.F) {
	f.Add(railsRoutes, "web: bin/x -p $PORT\n", "CoffeeShop")
	f.Add("get \"a: b\"\nget 'true'\nroot\n", "web: a \"b #c\"\nworker: 'x\n", "Yes")
	f.Fuzz(func(t *testing.T, routes, procfile, name string) {
		a := Look(app(map[string]string{"config/application.rb": "module " + name + "\nRails::Application", "config/routes.rb": routes, "Procfile": procfile}), name)
		if _, err := spec.Parse("sketch", []byte(Render(a))); err != nil {
			t.Fatalf("%v\n%s", err, Render(a))
		}
	})
}
