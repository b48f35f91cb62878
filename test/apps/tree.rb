# A tree of methods in which every frame's name extends its caller's by one
# letter, and each call stands on a line of its own: m calls ma, mb and mc on
# its lines 2, 3 and 4, and so on. A stack that breaks this never was.
# Leaves return at once, so stacks change as fast as Ruby can change them.
def plant(name, depth)
  body = depth.zero? ? "nil" : %w[a b c].map { |c| name + c }.join("\n")
  eval("def #{name}\n#{body}\nend", TOPLEVEL_BINDING, "tree/#{name}", 1)
  %w[a b c].each { |c| plant(name + c, depth - 1) } unless depth.zero?
end

plant("m", 7)
$stdout.sync = true
puts "ready"
loop { m }
