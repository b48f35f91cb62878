# frozen_string_literal: true

# Writes a job of each list of arguments as Sidekiq's client would push it, as
# JSON, to a file: drain_jobs.rb FILE CLASS ARGUMENTS (a JSON list of lists).
require_relative "drain_common"
require "json"
require "securerandom"

module PitwallDrain
  QUEUE = "pitwall"

  # Only what can be said in one line: it is shown as the reason.
  class Refused < StandardError; end

  def self.job_class(name)
    klass = Object.const_get(name)
    return klass if active_job?(klass) || klass.method_defined?(:perform)

    raise Refused, "#{name} has no method perform"
  rescue NameError => e
    raise Refused, "there is no class #{name} (#{e.message.lines.first.chomp})"
  end

  def self.active_job?(klass)
    defined?(ActiveJob::Base) && klass.is_a?(Class) && klass < ActiveJob::Base
  end

  def self.fits(klass, arguments)
    perform = klass.instance_method(:perform)
    least = perform.parameters.count { |kind, _| kind == :req }
    most = perform.parameters.any? { |kind, _| kind == :rest } ? Float::INFINITY : perform.parameters.count { |kind, _| %i[req opt].include?(kind) }
    return if arguments.size.between?(least, most)

    raise Refused, "#{klass}#perform takes #{least == most ? least : "#{least} to #{most}"} arguments, and arguments: gives #{arguments.size}"
  end

  def self.payload(klass, arguments)
    fits(klass, arguments)
    common = { "retry" => false, "queue" => QUEUE, "jid" => SecureRandom.hex(12) }
    return common.merge("class" => klass.name, "args" => arguments) unless active_job?(klass)

    wrapper = defined?(Sidekiq::ActiveJob::Wrapper) ? "Sidekiq::ActiveJob::Wrapper" : "ActiveJob::QueueAdapters::SidekiqAdapter::JobWrapper"
    common.merge("class" => wrapper, "wrapped" => klass.name, "args" => [klass.new(*arguments).serialize])
  end

  def self.stamp(payload)
    now = Time.now.to_f
    now = (now * 1000).to_i if Gem::Version.new(Sidekiq::VERSION) >= Gem::Version.new("8")
    payload.merge("created_at" => now, "enqueued_at" => now)
  end

  def self.database
    return nil unless defined?(ActiveRecord::Base)

    config = ActiveRecord::Base.respond_to?(:connection_db_config) ? ActiveRecord::Base.connection_db_config.database : ActiveRecord::Base.connection_config[:database]
    config.to_s
  rescue StandardError
    nil
  end

  def self.write(file, name, lists)
    load_app
    klass = job_class(name)
    said = { "jobs" => lists.map { |list| stamp(payload(klass, list)) }, "database" => database, "sidekiq" => Sidekiq::VERSION, "ruby" => RUBY_DESCRIPTION }
    File.write(file, JSON.generate(said))
  rescue Refused => e
    File.write(file, JSON.generate("refused" => e.message))
  end
end

PitwallDrain.write(ARGV[0], ARGV[1], JSON.parse(ARGV[2]))
