# frozen_string_literal: true

module Pitwall
  # What can be read of this process: clocks, collections, allocations. A
  # reading allocates nothing on CRuby. What cannot be read is -1.
  class Meter
    WALL = Process::CLOCK_MONOTONIC

    def self.here
      RUBY_ENGINE == "jruby" ? JVM.new : new
    end

    # The JIT that is on, "" when none is.
    def jit
      return "yjit" if defined?(RubyVM::YJIT) && RubyVM::YJIT.respond_to?(:enabled?) && RubyVM::YJIT.enabled?
      return "zjit" if defined?(RubyVM::ZJIT) && RubyVM::ZJIT.respond_to?(:enabled?) && RubyVM::ZJIT.enabled?
      %w[RJIT MJIT].each do |name|
        next unless defined?(RubyVM) && RubyVM.const_defined?(name)
        jit = RubyVM.const_get(name)
        return name.downcase if jit.respond_to?(:enabled?) && jit.enabled?
      end
      ""
    end

    def initialize
      @cpu = defined?(Process::CLOCK_PROCESS_CPUTIME_ID) && Process::CLOCK_PROCESS_CPUTIME_ID
      @total = GC.respond_to?(:total_time)
      @objects = key?(:total_allocated_objects)
      @malloc = key?(:malloc_increase_bytes)
      @minor = key?(:minor_gc_count)
    end

    def wall
      Process.clock_gettime(WALL, :nanosecond)
    end

    # Of all threads.
    def cpu
      @cpu ? Process.clock_gettime(@cpu, :nanosecond) : -1
    end

    def gc_ns
      @total ? GC.total_time : -1
    end

    def minor
      @minor ? GC.stat(:minor_gc_count) : -1
    end

    def major
      @minor ? GC.stat(:major_gc_count) : -1
    end

    def objects
      @objects ? GC.stat(:total_allocated_objects) : -1
    end

    def bytes
      @malloc ? GC.stat(:malloc_increase_bytes) : -1
    end

    # Whether bytes counts each malloc as it comes: Ruby 4.0 adds them up
    # elsewhere first. To be asked while collection is off.
    def bytes?
      return false unless @malloc
      Array.new(5) do
        before = bytes
        made = "x" * 1001
        (bytes - before).between?(made.bytesize, 2 * made.bytesize)
      end.all?
    end

    # Whether bytes is only valid while nothing is collected.
    def bytes_need_quiet?
      true
    end

    # Nanoseconds in which a loop that runs becomes as fast as it will.
    def patience
      1_000_000
    end

    # Collections of any kind so far.
    def collections
      GC.count
    end

    def disable
      GC.disable
      true
    end

    private

    def key?(name)
      GC.stat(name).is_a?(Integer)
    rescue StandardError
      false
    end
  end

  # The Java virtual machine: no objects are counted, but bytes of the calling
  # thread; the CPU clock comes from the C library.
  class JVM < Meter
    def initialize
      super
      @management = java.lang.management.ManagementFactory
      @collectors = @management.getGarbageCollectorMXBeans.to_a
      @threads = @management.getThreadMXBean
      @thread = java.lang.Thread.currentThread.getId
      @readable = allocated?
      @clock = clock
    end

    def jit
      "jvm"
    end

    def cpu
      @clock ? @clock.call : -1
    end

    def gc_ns
      @collectors.inject(0) { |sum, c| sum + [c.getCollectionTime, 0].max } * 1_000_000
    end

    def minor
      count { |name| name !~ /old|marksweep|concurrent/i }
    end

    def major
      count { |name| name =~ /old|marksweep|concurrent/i }
    end

    def bytes
      @readable ? @threads.getThreadAllocatedBytes(@thread) : -1
    end

    def bytes?
      @readable
    end

    def bytes_need_quiet?
      false
    end

    def disable
      false
    end

    def patience
      10_000_000
    end

    private

    def count
      @collectors.inject(0) { |sum, c| yield(c.getName) ? sum + [c.getCollectionCount, 0].max : sum }
    end

    def allocated?
      @threads.getThreadAllocatedBytes(@thread) > 0
    rescue Exception # rubocop:disable Lint/RescueException -- Java's are no StandardError
      false
    end

    # CLOCK_PROCESS_CPUTIME_ID is 2 on Linux, 12 on macOS (time.h).
    def clock
      require "ffi"
      id = RbConfig::CONFIG["host_os"] =~ /darwin/ ? 12 : 2
      libc = Module.new do
        extend FFI::Library
        ffi_lib FFI::Library::LIBC
        attach_function :clock_gettime, [:int, :pointer], :int
      end
      at = FFI::MemoryPointer.new(:long, 2)
      return nil unless libc.clock_gettime(id, at).zero?
      lambda do
        libc.clock_gettime(id, at)
        at.get_long(0) * 1_000_000_000 + at.get_long(8)
      end
    rescue Exception # rubocop:disable Lint/RescueException
      nil
    end
  end
end
