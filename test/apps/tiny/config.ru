# An app with known traits and no database. TINY_HTTPS redirects every request;
# TINY_DATABASE and TINY_SIDEKIQ are URLs of what it is set up to talk to, and
# never does.
#
# /fast answers at once, /slow sleeps 20 ms (or TINY_NAP, or what config/nap says), /boom is always a 500, /call
# connects to a host that must not be called, /die kills the whole cluster.
require "socket"

TEXT = { "content-type" => "text/plain" }.freeze

if ENV["TINY_DATABASE"]
  require "active_record"
  ActiveRecord::Base.establish_connection(ENV["TINY_DATABASE"])
end

if ENV["TINY_SIDEKIQ"]
  require "sidekiq"
  Sidekiq.configure_client { |config| config.redis = { url: ENV["TINY_SIDEKIQ"] } }
end

nap_file = File.join(__dir__, "config/nap")
NAP = Float(ENV.fetch("TINY_NAP") { File.exist?(nap_file) ? File.read(nap_file) : "0.02" })

def call_elsewhere
  TCPSocket.new("192.0.2.1", 80).close
  "called"
rescue SystemCallError, IOError, SocketError => e
  "not called: #{e.class}"
end

run(lambda do |env|
  return [301, { "location" => "https://tiny.example#{env['PATH_INFO']}" }, []] if ENV["TINY_HTTPS"]

  case env["PATH_INFO"]
  when "/fast", "/up" then [200, TEXT, ["fast"]]
  when "/slow" then sleep(NAP) && [200, TEXT, ["slow"]]
  when "/call" then [200, TEXT, [call_elsewhere]]
  when "/die" then Process.kill(:KILL, Process.ppid) && [200, TEXT, ["dying"]]
  when "/boom" then [500, TEXT, ["boom"]]
  else [404, TEXT, ["none"]]
  end
end)
