package agent

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"pitwall/core/lap"
	"pitwall/core/request"
	"pitwall/internal/realtest"
)

// The tables hold a canary in every text, which must never reach us.
const canary = "s3cretcanary"

const railsApp = `
require "rails"
require "active_record/railtie"
require "action_controller/railtie"
require "action_mailer/railtie"
class Shop < Rails::Application
  config.root = __dir__
  config.eager_load = true
  config.cache_classes = true
  config.secret_key_base = "s3cretcanary"
  config.logger = Logger.new(nil)
  config.hosts.clear
  config.action_mailer.delivery_method = :smtp
  config.action_mailer.smtp_settings = { address: "mail.example", port: 25, user_name: "u", password: "s3cretcanary" }
end
class Order < ActiveRecord::Base; has_many :items; end
class Item < ActiveRecord::Base; belongs_to :order; end
class Post < ActionMailer::Base
  def hello; mail(from: "a@b.example", to: "c@d.example", subject: "x", body: "y", content_type: "text/plain"); end
end
class OrdersController < ActionController::Base
  def index
    n = Order.where(status: "s3cretcanary").order(:id).limit(10).sum do |o|
      o.items.to_a.size
    end
    Order.where("status = 's3cretcanary' AND id < 7").pluck(:id)
    ActiveRecord::Base.cache { 2.times { Order.find_by(id: 1) } }
    render plain: n.to_s
  end
  def show
    render inline: "<%= Order.find(params[:id]).id %>"
  end
  def create
    Order.create!(status: "s3cretcanary")
    Post.hello.deliver_now
    render plain: ActionMailer::Base.deliveries.size.to_s
  end
  def fifty
    before = GC.stat(:total_allocated_objects)
    50.times { |i| Order.find_by(id: i + 1) }
    render plain: (GC.stat(:total_allocated_objects) - before).to_s
  end
  def nothing
    render plain: "0"
  end
  def columns
    Order.connection.columns("orders")
    render plain: "0"
  end
end
Rails.application.initialize!
Rails.application.routes.draw do
  get "/orders" => "orders#index"
  get "/orders/:id" => "orders#show"
  get "/create" => "orders#create"
  get "/fifty" => "orders#fifty"
  get "/nothing" => "orders#nothing"
  get "/columns" => "orders#columns"
end
run Rails.application
`

const schema = `
create table orders (id serial primary key, status text);
create table items (id serial primary key, order_id int);
insert into orders (status) select '` + canary + `' from generate_series(1, 5000);
insert into items (order_id) select i % 5000 + 1 from generate_series(1, 20000) i;
analyze;
`

// postgres runs a private cluster on a Unix socket and returns its directory.
func postgres(t testing.TB) string {
	t.Helper()
	bin := realtest.Postgres(t)
	dir, err := os.MkdirTemp("/tmp", "pg")
	must(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	attr := &syscall.SysProcAttr{}
	if os.Getuid() == 0 {
		u, err := user.Lookup("postgres")
		must(t, err)
		uid, _ := strconv.Atoi(u.Uid)
		gid, _ := strconv.Atoi(u.Gid)
		must(t, os.Chown(dir, uid, gid))
		attr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
	run := func(stdin, name string, args ...string) *exec.Cmd {
		cmd := exec.Command(filepath.Join(bin, name), args...)
		cmd.Dir, cmd.SysProcAttr, cmd.Stdin = dir, attr, strings.NewReader(stdin)
		return cmd
	}
	data := filepath.Join(dir, "data")
	if out, err := run("", "initdb", "-D", data, "-U", "tester", "-A", "trust", "-E", "UTF8", "--no-sync", "--locale=C").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	server := run("", "postgres", "-D", data, "-k", dir, "-c", "listen_addresses=", "-c", "fsync=off", "-c", "unix_socket_permissions=0777")
	var said bytes.Buffer
	server.Stderr = &said
	must(t, server.Start())
	t.Cleanup(func() { server.Process.Signal(syscall.SIGINT); server.Wait() })
	must(t, os.Chmod(dir, 0o755))
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		out, err := run("create database shop", "psql", "-h", dir, "-U", "tester", "-d", "postgres", "-qX").CombinedOutput()
		if err == nil {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("%v\n%s\n%s", err, out, &said)
		}
	}
	if out, err := run(schema, "psql", "-h", dir, "-U", "tester", "-d", "shop", "-qX", "-v", "ON_ERROR_STOP=1").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return dir
}

func TestRealRails(t *testing.T) {
	realtest.Rails(t)
	pg := postgres(t)
	dir := t.TempDir()
	files(t, dir, map[string]string{"config.ru": railsApp, "config/database.yml": database(pg)})
	s := listenHere(t, Options{})
	env := s.Env(append(os.Environ(), "RAILS_ENV=production", "SECRET_KEY_BASE=x"))
	a := boot(t, dir, env, "-w", "1", "-t", "2:2", "--preload", "config.ru")
	ctx := within(t, 40*time.Second)
	must(t, s.WaitHello(ctx, 1))
	setup, err := s.Setup(ctx)
	must(t, err)
	checkSetup(t, setup, pg)

	a.get("/orders") // the schema's own statements
	must(t, s.On(ctx))
	for _, path := range []string{"/orders", "/orders/3", "/create"} {
		if status, body := a.get(path); status != 200 {
			t.Fatalf("%s: %d %s\n%s", path, status, body, a.out)
		}
	}
	a.get("/orders/999999")
	must(t, s.Off(ctx))
	must(t, s.Explain(context.Background()))

	log := s.Log()
	if len(log.Requests) != 4 || log.Lost != 0 {
		t.Fatalf("%d requests, %d lost: %+v", len(log.Requests), log.Lost, log)
	}
	checkIndex(t, log)
	if r := log.Requests[1]; r.Action != "orders#show" || r.View <= 0 {
		t.Errorf("%+v", r)
	}
	if r := log.Requests[3]; r.Status != 404 || r.Error != "ActiveRecord::RecordNotFound" {
		t.Errorf("%+v", r)
	}
	checkPlans(t, log)
	var stored bytes.Buffer
	must(t, request.Write(&stored, log))
	if text := stored.String(); strings.Contains(text, canary) || strings.Contains(a.out.String(), "pitwall") {
		t.Errorf("the canary came through:\n%s", text)
	}
	for _, p := range s.Processes() {
		if p.Faults != 0 {
			t.Errorf("process %+v", p)
		}
	}
}

func database(dir string) string {
	return "production: { adapter: postgresql, host: " + dir + ", database: shop, username: tester, password: " + canary + ", pool: 5 }\n"
}

func checkSetup(t *testing.T, s lap.Setup, pg string) {
	t.Helper()
	for k, want := range map[string]string{
		"rails.env": "production", "rails.eager_load": "true", "rails.cache_classes": "true", "puma.workers": "1", "puma.threads_max": "2",
		"puma.preload_app": "true", "db.adapter": "postgresql", "db.name": "shop", "mail.delivery": "smtp", "rails.consider_all_requests_local": "false",
	} {
		if s.Facts[k] != want {
			t.Errorf("%s is %q, want %q", k, s.Facts[k], want)
		}
	}
	hosts := []lap.Host{{Purpose: "database", Address: pg, Local: true, Allowed: true}, {Purpose: "mail", Address: "mail.example:25"}}
	if !slices.Equal(s.Hosts, hosts) {
		t.Errorf("hosts %+v, want %+v", s.Hosts, hosts)
	}
	if s.Rows["orders"] != 5000 || s.Rows["items"] != 20000 {
		t.Errorf("rows %v", s.Rows)
	}
	for k, v := range s.Facts {
		if strings.Contains(v, canary) {
			t.Errorf("the canary is in %s", k)
		}
	}
}

// line is where text stands in the app.
func lineOf(text string) string {
	for i, l := range strings.Split(railsApp, "\n") {
		if strings.Contains(l, text) {
			return "config.ru:" + strconv.Itoa(i+1)
		}
	}
	return "?"
}

func checkIndex(t *testing.T, log *request.Log) {
	t.Helper()
	r := log.Requests[0]
	if r.Action != "orders#index" || !r.Alone() || len(r.Statements) != 4 {
		t.Fatalf("%+v", r)
	}
	want := []struct {
		sql, line       string
		n, cached, rows int
	}{
		{`SELECT "orders".* FROM "orders" WHERE "orders"."status" = ? ORDER BY "orders"."id" ASC LIMIT ?`, lineOf("limit(10)"), 1, 0, 10},
		{`SELECT "items".* FROM "items" WHERE "items"."order_id" = ?`, lineOf("o.items"), 10, 0, 40},
		{`SELECT "orders"."id" FROM "orders" WHERE (status = ? AND id < ?)`, lineOf("pluck"), 1, 0, -1},
		{`SELECT "orders".* FROM "orders" WHERE "orders"."id" = ? LIMIT ?`, lineOf("2.times"), 2, 1, 2},
	}
	for i, w := range want {
		s := r.Statements[i]
		if log.Fingerprints[s.Fingerprint] != w.sql || s.Line != w.line || s.Count != w.n || s.Cached != w.cached || s.Rows != int64(w.rows) || s.Time <= 0 {
			t.Errorf("%q %+v, want %+v", log.Fingerprints[s.Fingerprint], s, w)
		}
	}
}

// The objects of a request are the app's: those that the hooks allocate for
// each statement are not among them.
func TestRealRailsObjects(t *testing.T) {
	realtest.Rails(t)
	pg := postgres(t)
	dir := t.TempDir()
	files(t, dir, map[string]string{"config.ru": railsApp, "config/database.yml": database(pg)})
	s := listenHere(t, Options{})
	a := boot(t, dir, s.Env(append(os.Environ(), "RAILS_ENV=production")), "-t", "1:1", "config.ru")
	ctx := within(t, 20*time.Second)
	must(t, s.WaitHello(ctx, 1))
	own := 0.0 // of the fifty statements, without the hooks
	for range 3 {
		_, body := a.get("/fifty")
		n, err := strconv.Atoi(body)
		must(t, err)
		own = float64(n)
	}
	must(t, s.On(ctx))
	a.get("/fifty")
	for _, path := range []string{"/fifty", "/nothing", "/columns"} {
		a.get(path)
	}
	must(t, s.Off(ctx))
	r := s.Log().Requests
	if len(r) != 4 {
		t.Fatalf("%+v", r)
	}
	if got := float64(r[1].Objects - r[2].Objects); got < 0.97*own || got > 1.03*own {
		t.Errorf("%v objects for 50 statements, want %v", got, own)
	}
	if n := len(r[3].Statements); n != 0 {
		t.Errorf("%d statements of Rails's own among the app's: %+v", n, r[3].Statements)
	}
}

func checkPlans(t *testing.T, log *request.Log) {
	t.Helper()
	for _, p := range log.Plans {
		sql := log.Fingerprints[p.Fingerprint]
		if p.Error != "" || !strings.HasPrefix(sql, "SELECT") {
			t.Errorf("plan of %s: %+v", sql, p)
		}
		if strings.Contains(sql, `"items"."order_id"`) {
			n := p.Nodes[0]
			if n.Type != "Seq Scan" || n.Relation != "items" || !slices.Equal(n.Columns, []string{"order_id"}) || n.TableRows != 20000 || n.Cost <= 0 {
				t.Errorf("plan %+v", n)
			}
		}
	}
	if len(log.Plans) < 4 {
		t.Errorf("%d plans: %+v", len(log.Plans), log.Plans)
	}
}
