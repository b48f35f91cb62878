# One thread sleeps under 3,000 calls of down, another one under a fiber.
# Prints "ready".
def down(n)
  n.zero? ? sleep : down(n - 1)
end

def in_fiber
  Fiber.new { down(9) }.resume
end

$stdout.sync = true
deep = Thread.new { down(3000) }
Thread.new { in_fiber }
sleep 0.2
puts "ready"
deep.join
