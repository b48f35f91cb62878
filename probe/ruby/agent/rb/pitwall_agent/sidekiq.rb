# frozen_string_literal: true

module PitwallAgent
  module SidekiqLauncher
    def run(*args)
      PitwallAgent.serve("jobs")
      super(*args)
    end
    ruby2_keywords(:run)
  end

  # One job, from its fetch to its end.
  module SidekiqJobs
    private

    def dispatch(job, queue, *rest)
      return super unless PitwallAgent.on

      record = Meter.open(nil)
      return super unless record

      record.job = job
      record.action = (job["wrapped"] || job["class"]).to_s
      begin
        super
      rescue Exception => e # noted and raised again
        record.error = wrapped(e).class.name
        raise
      ensure
        Meter.close(record)
      end
    end

    # What the job raised, in Sidekiq's own wrapping.
    def wrapped(error)
      3.times { error = error.cause if error.cause && error.class.name.to_s.start_with?("Sidekiq::JobRetry") }
      error
    end
  end

  ::Sidekiq::Launcher.prepend(SidekiqLauncher)
  ::Sidekiq::Processor.prepend(SidekiqJobs)
end
