# frozen_string_literal: true

module PitwallAgent
  # What this process says of itself now.
  module Stats
    PUMA = %i[backlog running pool_capacity max_threads requests_count busy_threads].freeze

    class << self
      def read
        stats = { "b" => Process.clock_gettime(Process::CLOCK_MONOTONIC, :nanosecond), "gc" => gc,
                  "d" => PitwallAgent.link ? PitwallAgent.link.drops : 0, "f" => defined?(Meter) ? Meter::ACTIVE.size : 0 }
        stats["puma"] = puma if defined?(Meter) && Meter.server
        stats
      end

      private

      def gc
        all = GC.stat.select { |_, v| v.is_a?(Integer) }
        all[:total_time_ns] = GC.total_time if GC.respond_to?(:total_time)
        all
      end

      # Asked one by one: Puma 7's own stats would reset its maxima.
      def puma
        server = Meter.server
        pool = server.instance_variable_get(:@thread_pool)
        stats = { "version" => ::Puma::Const::PUMA_VERSION }
        PUMA.each do |name|
          from = [server, pool].find { |o| o.respond_to?(name) }
          value = from&.public_send(name)
          stats[name] = value if value.is_a?(Integer)
        end
        stats
      end
    end
  end
end
