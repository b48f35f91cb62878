# Spends its CPU time 70 to 30 on two methods, in one thread. Prints "ready"
# when it starts. The pieces are fixed amounts of work, so the split does not
# depend on the machine.
def work(n)
  x = 0
  n.times { |i| x ^= i }
  x
end

def heavy = work(7_000)

def light = work(3_000)

$stdout.sync = true
puts "ready"
loop do
  heavy
  light
end
