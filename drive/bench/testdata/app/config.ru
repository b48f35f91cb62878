# An app with known traits: what it says by its environment, by chance, or by
# a form's token that is good once or always (ONCE).
require "rack"
require "securerandom"

TOKENS = {} # session => token

def page(text, headers = {})
  [200, { "content-type" => "text/html; charset=utf-8" }.merge(headers), [text]]
end

def session(env)
  Rack::Request.new(env).cookies["app_session"]
end

def form(env)
  id = session(env) || SecureRandom.hex(8)
  TOKENS[id] = SecureRandom.hex(8)
  page(%(<form action="/join"><input type="hidden" name="authenticity_token" value="#{TOKENS[id]}"></form>),
       "set-cookie" => "app_session=#{id}; path=/")
end

def join(env)
  given = Rack::Request.new(env).params
  good = TOKENS[session(env)] && given["authenticity_token"] == TOKENS[session(env)]
  TOKENS.delete(session(env)) if ENV["ONCE"]
  return [422, { "content-type" => "text/plain" }, ["refused"]] unless good

  [303, { "location" => "/users/#{rand(1_000_000)}", "content-type" => "text/plain" }, ["welcome #{given["email"]}"]]
end

run(lambda do |env|
  case env["PATH_INFO"]
  when "/greet" then page("<p>#{ENV.fetch("GREETING", "hello")}</p><meta name=\"csrf-token\" content=\"#{SecureRandom.hex}\">")
  when "/work" then page(Array.new(Integer(ENV.fetch("WORK", "200"))) { |i| i.to_s * 3 }.size.positive? ? "worked" : "")
  when "/luck" then page("<p>\nYour number is #{rand(1_000_000)} today.</p>")
  when "/echo" then page("#{env["REQUEST_METHOD"]} #{env["PATH_INFO"]}?#{env["QUERY_STRING"]} #{env["HTTP_HOST"]} #{env["HTTP_X_ONE"]} #{env["rack.input"].read}")
  when "/form" then form(env)
  when "/join" then join(env)
  when "/stream" then [200, { "content-type" => "text/plain" }, Enumerator.new { |y| 3.times { |i| y << "part #{i}\n" } }]
  when "/raise" then raise "planted"
  when "/slow" then sleep(0.02) && page("slow")
  else [404, { "content-type" => "text/plain" }, ["none"]]
  end
end)
