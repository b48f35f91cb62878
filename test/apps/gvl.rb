# Four threads compute, one naps 10 ms at a time, one waits for a queue, one
# for a pipe, one for a mutex. So each computing thread holds the GVL about a
# quarter of the time and waits for it the rest. Prints "ready" when all run.
def compute
  x = 0
  loop { 1000.times { |i| x ^= i } }
end

def nap
  loop { sleep 0.01 }
end

def queued(queue) = queue.pop

def piped(pipe) = pipe.read

def locked(mutex) = mutex.synchronize { 1 }

mutex = Mutex.new
mutex.lock
reader, _writer = IO.pipe
threads = Array.new(4) { Thread.new { compute } }
threads << Thread.new { nap }
threads << Thread.new { queued(Queue.new) }
threads << Thread.new { piped(reader) }
threads << Thread.new { locked(mutex) }
sleep 0.2
$stdout.sync = true
puts "ready"
threads.first.join
