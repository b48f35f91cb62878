# frozen_string_literal: true

# Runs what Pitwall measures. Commands come in on descriptor 3, answers go out
# on 4. Requires no library before the user's code does, and runs on Ruby 2.6
# (JRuby 9.3) and newer.
%w[wire place meter guard results].each { |name| require File.join(__dir__, name) }

module Pitwall
  # Classes of subjects: setup(params), run(n, items) or call(item), teardown;
  # and if they can, empty(n), the same loop with nothing in it.
  module Kind
  end

  # Serves commands until there are none.
  class Worker
    def self.open(number, mode)
      io = begin
        IO.for_fd(number, mode)
      rescue SystemCallError
        File.open("/proc/self/fd/#{number}", mode)
      end
      io.close_on_exec = true
      io.binmode
      io.sync = true
      io
    end

    def initialize
      @in = Worker.open(3, "r")
      @out = Worker.open(4, "w")
      @meter = Meter.here
      @stage = "setup"
    end

    def serve
      say(:pid => Process.pid, :ruby => RUBY_DESCRIPTION, :engine => RUBY_ENGINE, :version => RUBY_VERSION, :jit => @meter.jit)
      while (line = @in.gets)
        command = Wire.parse(line)
        answer { send("do_#{command.fetch("do")}", command) }
      end
      [$stdout, $stderr].each { |io| io.flush rescue nil }
    end

    private

    def say(value)
      @out.write(Wire.dump(:ok => value) + "\n")
    end

    def answer
      value = yield
    rescue Exception => e # rubocop:disable Lint/RescueException -- exit and signals too
      @out.write(Wire.dump(:error => fault(e)) + "\n")
    else
      say(value)
    end

    def fault(error)
      case error
      when Refused
        { :kind => "refused", :what => error.what, :where => error.where, :hint => error.hint }
      when SyntaxError
        at = error.message[/\A(.+?:\d+): */, 1]
        text = error.message.sub(/\A.+?:\d+: */, "").lines.reject { |l| l.include?("__pw_") }.join # Prism shows what we put around
        text = text.gsub(at[/\A(.+:)\d+/, 1]) { "line " } if at # each further error has its own place
        { :kind => "syntax", :where => at || "", :message => bounded(text) }
      else
        { :kind => "raised", :stage => @stage, :class => error.class.name || "an anonymous class", :message => bounded(message(error)),
          :where => Place.of(error.backtrace), :backtrace => Place.mine(error.backtrace).first(Place::MOST).map { |f| bounded(f) } }
      end
    end

    def message(error)
      error.message.to_s
    rescue Exception => e # rubocop:disable Lint/RescueException
      "(its message raised #{e.class})"
    end

    def bounded(text)
      text.length > 2000 ? text[0, 2000] + "..." : text
    end

    def do_load(command)
      load = command.fetch("load")
      @stage = "setup"
      @gc = load["gc"].to_s.empty? ? "natural" : load["gc"]
      @allow = load["allow"] || []
      srand(load["seed"].to_i)
      name = load.fetch("kind")
      require File.join(__dir__, name)
      @kind = Kind.const_get(name.capitalize).new
      facts = @kind.setup(load["params"] || {})
      notes = []
      if load["warm"]
        Process.respond_to?(:warmup) ? Process.warmup : notes << "this Ruby has no Process.warmup (3.3 or newer)"
      end
      { :notes => notes, :facts => facts }
    end

    def run(count, items)
      return @kind.run(count, items) if @kind.respond_to?(:run)
      i = 0
      value = nil
      if items && !items.empty?
        value = @kind.call(items[(i - 1) % items.size]) while (i += 1) <= count
      else
        value = @kind.call(nil) while (i += 1) <= count
      end
      value
    end

    def do_batch(command)
      @stage = "body"
      GC.start if @gc == "between"
      timed(command.fetch("n"), command["items"])
    end

    def timed(count, items)
      m = @meter
      minor = m.minor
      major = m.major
      gc = m.gc_ns
      cpu = m.cpu
      wall = m.wall
      run(count, items)
      wall = m.wall - wall
      cpu = m.cpu - cpu if cpu >= 0
      { :calls => count, :wall_ns => wall, :cpu_ns => cpu, :gc_ns => gc < 0 ? -1 : m.gc_ns - gc,
        :minor => minor < 0 ? -1 : m.minor - minor, :major => major < 0 ? -1 : m.major - major }
    end

    # One call at a time, so that a JIT that counts calls sees many.
    def do_prime(command)
      @stage = "body"
      items = command["items"]
      stop = @meter.wall + command.fetch("budget_ns")
      all = { :calls => 0, :wall_ns => 0, :cpu_ns => 0, :gc_ns => 0, :minor => 0, :major => 0 }
      command.fetch("n").times do |k|
        one = timed(1, pick(items, k))
        all.each_key { |key| all[key] = one[key] < 0 ? -1 : all[key] + one[key] }
        break if @meter.wall > stop
      end
      all
    end

    def pick(items, k)
      items && !items.empty? ? [items[k % items.size]] : nil
    end

    # Seconds of a turn of the empty loop: the least of batches, until ten in a
    # row were no faster: a JIT has seen as much of it then as of the body.
    def do_overhead(_command)
      return { :overhead_s => -1.0 } unless @kind.respond_to?(:empty) && @kind.empty(1)
      300.times { @kind.empty(1) }
      count = 1
      count *= 2 while empty(count) < @meter.patience && count < 1 << 30
      least = empty(count)
      waited = 0
      stop = @meter.wall + @meter.patience * 200
      while waited < 10 && @meter.wall < stop
        now = empty(count)
        waited = now < least * 0.98 ? 0 : waited + 1
        least = now if now < least
      end
      { :overhead_s => least / (1e9 * count) }
    end

    def empty(count)
      before = @meter.wall
      @kind.empty(count)
      @meter.wall - before
    end

    def do_ask(command)
      @stage = "body"
      @kind.public_send("ask_#{command.fetch("name")}", command["params"])
    end

    def do_close(_command)
      @stage = "teardown"
      @kind.teardown if @kind && @kind.respond_to?(:teardown)
      nil
    end
  end
end

require File.join(__dir__, "count")
Pitwall::Worker.new.serve
