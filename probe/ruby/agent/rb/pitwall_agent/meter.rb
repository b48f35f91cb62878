# frozen_string_literal: true

module PitwallAgent
  part("json")
  part("lines")
  part("sql")

  # One request, or one job, while it runs.
  class Record
    attr_accessor :env, :started, :wall, :cpu, :gc_time, :gc_count, :objects, :own, :peak, :view, :status, :error, :tid,
                  :action, :job, :entered, :generation, :stack, :groups, :size, :last, :lost

    def initialize
      @own = @peak = @status = @size = @lost = 0
      @view = -1
      @stack = []
      @groups = {}
    end
  end

  # Measures requests while the hooks are on.
  module Meter
    MONOTONIC = Process::CLOCK_MONOTONIC
    REALTIME = Process::CLOCK_REALTIME
    CPU = defined?(Process::CLOCK_THREAD_CPUTIME_ID) ? Process::CLOCK_THREAD_CPUTIME_ID : nil
    ACTIVE = {}.compare_by_identity # thread => record
    NATIVE = Thread.method_defined?(:native_thread_id)
    TIMED = GC.respond_to?(:total_time)

    @generation = 0
    @strangers = 0

    class << self
      attr_accessor :generation, :server

      # The first line of a request. nil when a record is open in this thread.
      def open(env)
        started = Process.clock_gettime(MONOTONIC, :nanosecond)
        wall = Process.clock_gettime(REALTIME, :nanosecond)
        thread = Thread.current
        return if ACTIVE.key?(thread)

        r = Record.new
        r.started = started
        r.wall = wall
        r.env = env
        r.generation = @generation
        r.tid = NATIVE ? thread.native_thread_id.to_i : 0
        ACTIVE[thread] = r
        crowd(r)
        r.gc_time = TIMED ? GC.total_time : 0
        r.gc_count = GC.count
        r.objects = GC.stat(:total_allocated_objects)
        r.cpu = CPU ? Process.clock_gettime(CPU, :nanosecond) : 0
        r
      rescue *FAULTS => e
        PitwallAgent.fault(e)
        nil
      end

      def current
        ACTIVE[Thread.current]
      end

      # The last line of a request.
      def close(record)
        Thread.handle_interrupt(Object => :never) { finish(record) }
      rescue *FAULTS => e
        PitwallAgent.fault(e)
      end

      # Called when the hooks go on: what runs already is not in ACTIVE.
      def restart
        @generation += 1
        ACTIVE.clear
        @strangers = busy
      end

      private

      # Notes how many requests are in this process at once. Requests that began
      # before the hooks went on are counted by Puma's own figure while they last.
      def crowd(record)
        n = ACTIVE.size
        if @strangers > 0
          @strangers = [@strangers, busy - n].min
          n += @strangers if @strangers > 0
        end
        return record.peak = n if n <= 1

        ACTIVE.values.each { |r| r.peak = n if r.peak < n }
      end

      def busy
        pool = @server&.instance_variable_get(:@thread_pool)
        pool.respond_to?(:busy_threads) ? pool.busy_threads - pool.backlog : 0
      end

      def finish(record)
        cpu = CPU ? Process.clock_gettime(CPU, :nanosecond) - record.cpu : -1
        objects = GC.stat(:total_allocated_objects) - record.objects - record.own
        gc = TIMED ? GC.total_time - record.gc_time : -1
        count = GC.count - record.gc_count
        ended = Process.clock_gettime(MONOTONIC, :nanosecond)
        ACTIVE.delete(Thread.current)
        # The hooks were switched meanwhile: its statements are not all known.
        return unless PitwallAgent.on && record.generation == @generation

        PitwallAgent.link&.queue("r", line(record, ended, cpu, gc, count, objects))
      end

      def line(r, ended, cpu, gc, count, objects)
        env = r.env
        head = "{\"b\":#{r.started},\"e\":#{ended},\"w\":#{r.wall},\"t\":#{r.tid},\"s\":#{r.status.to_i},\"c\":#{cpu},\"g\":#{gc}," \
               "\"gn\":#{count},\"o\":#{objects},\"f\":#{r.peak},\"v\":#{r.view},\"lo\":#{r.lost},\"a\":#{Text.quote(action(r))}"
        if env
          head << ",\"id\":#{Text.quote(env['HTTP_X_REQUEST_ID'])},\"m\":#{Text.quote(env['REQUEST_METHOD'])}," \
                  "\"x\":#{Text.quote(env['HTTP_X_REQUEST_START'])},\"bw\":#{env['puma.request_body_wait'].to_f}"
        elsif r.job
          head << ",\"id\":#{Text.quote(r.job['jid'])},\"x\":#{Text.quote(r.job['enqueued_at'])}"
        end
        error = r.error || (env && env["action_dispatch.exception"])&.class&.name
        head << ",\"er\":#{Text.quote(error)}" if error
        head << ",\"q\":[#{statements(r)}]}"
      end

      def statements(record)
        list = []
        record.groups.each do |id, lines|
          lines.each do |line, g|
            list << "[#{id},#{Text.quote(line)},#{g[0]},#{g[1]},#{g[2]},#{g[4] == g[0] ? g[3] : -1}]"
          end
        end
        list.join(",")
      end

      public

      # "orders#index", or the job's class.
      def action(record)
        return record.action if record.action

        env = record.env or return ""
        controller = env["action_controller.instance"]
        return "#{controller.controller_path}##{controller.action_name}" if controller.respond_to?(:controller_path)

        path = env["action_dispatch.request.path_parameters"]
        return "#{path[:controller]}##{path[:action]}" if path && path[:controller]

        env["sinatra.route"].to_s
      rescue *FAULTS
        ""
      end
    end
  end

  # The outermost Rack application.
  class App
    def initialize(app)
      @app = app
    end

    def call(env)
      return @app.call(env) unless PitwallAgent.on

      record = Meter.current
      return @app.call(env) if record&.entered

      own = record.nil?
      record ||= Meter.open(env)
      return @app.call(env) unless record

      record.entered = true
      record.env = env
      measure(env, record, own)
    end

    def respond_to_missing?(name, all = false)
      @app.respond_to?(name, all)
    end

    def method_missing(name, *args, &block)
      @app.public_send(name, *args, &block)
    end
    ruby2_keywords(:method_missing)

    private

    def measure(env, record, own)
      answer = @app.call(env)
      record.status = answer[0] if answer.is_a?(Array)
      answer
    rescue Exception => e # noted and raised again
      record.error ||= e.class.name
      record.status = 500 # what servers answer for it
      raise
    ensure
      Meter.close(record) if own
    end
  end

  # The same where no server tells us that it starts: the first request of each
  # process connects it.
  class LateApp < App
    def call(env)
      PitwallAgent.serve("web") if PitwallAgent.served != Process.pid
      super
    end
  end

  # Switches the hooks.
  def self.turn(on)
    return if on == @on

    if on
      Meter.restart
      Sql.subscribe
    else
      Sql.unsubscribe
    end
    @on = on
  rescue *FAULTS => e
    fault(e)
  end
end
