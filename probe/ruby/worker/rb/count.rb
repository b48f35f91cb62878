# frozen_string_literal: true

module Pitwall
  # Counting single calls. The first are watched: what they do that is refused,
  # what they return, which statements they send. The others are counted with
  # nothing of ours in their way.
  class Worker
    HEAVY = 256 << 20 # bytes of a call that is not run with collection off

    private

    def do_count(command)
      @stage = "body"
      @items = command["items"]
      @calls = 0
      @began = [@meter.wall, @meter.cpu]
      @stop = @meter.wall + command.fetch("budget_ns")
      guard = Guard.new(@allow)
      results = Results.new
      statements = Statements.new
      look(command.fetch("looks"), guard, results, statements)
      counts = quiet { counted(command.fetch("n"), guard) }
      GC.start
      GC.disable if @gc == "off" && @meter.disable
      counts.merge(:statements => statements.counts, :results => results.to_a, :why => results.why, :notes => notes,
                   :watched => { :calls => @calls, :wall_ns => @meter.wall - @began[0], :cpu_ns => -1, :gc_ns => -1, :minor => -1, :major => -1 })
    end

    def notes
      @gc == "off" && !@meter.disable ? ["this Ruby cannot switch collection off"] : []
    end

    def look(times, guard, results, statements)
      statements.on
      times.times do
        collections = @meter.collections
        objects = @meter.objects
        statements.begin
        value = guard.watch { single }
        statements.end
        @heavy = @meter.collections - collections > 3 || objects >= 0 && (@meter.objects - objects) * 40 > HEAVY
        results.take(value)
        break if late?
      end
    ensure
      statements.off
    end

    def single
      @calls += 1
      @kind.respond_to?(:look) ? @kind.look : run(1, pick(@items, @calls - 1))
    end

    def late?
      @meter.wall > @stop
    end

    # With collection off unless a call makes too much for that.
    def quiet
      GC.start
      @quiet = !@heavy && @meter.disable
      yield
    ensure
      GC.enable
    end

    def counted(times, guard)
      objects = Array.new(times)
      bytes = Array.new(times)
      reading = { :objects => Array.new(times), :bytes => Array.new(times) }
      read_bytes = @meter.bytes? && (@quiet || !@meter.bytes_need_quiet?)
      done = 0
      all = lambda do
        times.times do |k|
          one(objects, bytes, k)
          done = k + 1
          break if late?
        end
      end
      guard.silent? ? guard.watch(&all) : all.call
      done.times { |k| nothing(reading[:objects], reading[:bytes], k) } if @kind.respond_to?(:empty) && @kind.empty(1)
      { :objects => known(objects), :bytes => read_bytes ? known(bytes) : [],
        :reading => { :objects => known(reading[:objects]), :bytes => known(reading[:bytes]) } }
    end

    def known(values)
      values.compact.reject(&:negative?).map(&:to_i)
    end

    # One call between two readings. Nothing else may allocate here.
    def one(objects, bytes, k)
      item = pick(@items, @calls)
      @calls += 1
      m = @meter
      b = m.bytes
      o = m.objects
      run(1, item)
      o2 = m.objects
      b2 = m.bytes
      objects[k] = o < 0 ? -1 : o2 - o
      bytes[k] = b < 0 ? -1 : b2 - b
      tidy if @quiet && b2 > HEAVY
    end

    def nothing(objects, bytes, k)
      m = @meter
      b = m.bytes
      o = m.objects
      @kind.empty(1)
      o2 = m.objects
      b2 = m.bytes
      objects[k] = o < 0 ? -1 : o2 - o
      bytes[k] = b < 0 ? -1 : b2 - b
    end

    def tidy
      GC.enable
      GC.start
      GC.disable
    end

    # SQL statements, as ActiveRecord tells of them.
    class Statements
      OTHERS = %w[SCHEMA CACHE TRANSACTION].freeze

      attr_reader :counts

      def initialize
        @counts = []
        @now = 0
      end

      def on
        return unless defined?(::ActiveSupport::Notifications) && defined?(::ActiveRecord::Base)
        @subscriber = ::ActiveSupport::Notifications.subscribe("sql.active_record") do |*event|
          payload = event.last
          @now += 1 unless OTHERS.include?(payload[:name]) || payload[:cached] || payload[:sql] =~ /\A\s*(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE)\b/i
        end
      end

      def off
        ::ActiveSupport::Notifications.unsubscribe(@subscriber) if @subscriber
        @subscriber = nil
      end

      def begin
        @now = 0
      end

      def end
        @counts << @now if @subscriber
      end
    end
  end
end
