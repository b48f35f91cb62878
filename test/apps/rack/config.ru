# /cpu computes for a while, /sleep sleeps 50 ms, anything else answers at once.
def compute
  x = 0
  300_000.times { |i| x ^= i }
  x
end

run(lambda do |env|
  case env["PATH_INFO"]
  when "/cpu" then compute
  when "/sleep" then sleep 0.05
  end
  [200, { "content-type" => "text/plain" }, ["ok"]]
end)
