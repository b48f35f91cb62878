# frozen_string_literal: true

# What "sidekiq -r" loads: the app, and a middleware around every job that
# reads the clocks. After the last job it writes what it read to PITWALL_DONE.
require_relative "drain_common"
require "json"

module PitwallDrain
  # Outermost of the server's middlewares.
  class Clock
    MARKS = 60 # at most
    LOCK = Mutex.new
    STATE = { started: nil, done: 0, failed: 0, error: nil, marks: [] } # rubocop:disable Style/MutableConstant
    TOTAL = Integer(ENV.fetch("PITWALL_JOBS"))
    STEP = [(TOTAL / MARKS.to_f).ceil, 1].max

    def call(_job, _payload, _queue)
      LOCK.synchronize { STATE[:started] ||= read }
      yield
    rescue Exception => e # rubocop:disable Lint/RescueException
      failed(e)
      raise
    ensure
      done
    end

    private

    def read
      [Process.clock_gettime(Process::CLOCK_MONOTONIC, :nanosecond), Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID, :nanosecond),
       GC.respond_to?(:total_time) ? GC.total_time : -1, GC.stat(:total_allocated_objects), GC.count]
    end

    def failed(error)
      LOCK.synchronize do
        STATE[:failed] += 1
        STATE[:error] ||= "#{error.class}: #{error.message.to_s[0, 500]}"
      end
    end

    def done
      LOCK.synchronize do
        STATE[:done] += 1
        return unless (STATE[:done] % STEP).zero? || STATE[:done] == TOTAL

        STATE[:marks] << [STATE[:done], *read]
        finish if STATE[:done] == TOTAL
      end
    end

    def finish
      file = ENV.fetch("PITWALL_DONE")
      File.write("#{file}.part", JSON.generate(STATE))
      File.rename("#{file}.part", file)
    end
  end
end

PitwallDrain.load_app
Sidekiq.configure_server do |config|
  config.server_middleware { |chain| chain.prepend(PitwallDrain::Clock) }
end
