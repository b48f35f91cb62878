# frozen_string_literal: true

require File.join(__dir__, "app")

module Pitwall
  module Kind
    # The perform of a job class of a Rails app, called as Sidekiq and ActiveJob
    # call it, with recorded arguments. Ask prepare, run as many, ask finish.
    class Job
      # What cannot be a job; its message is for people.
      class Unfit < StandardError; end

      def setup(params)
        raise Unfit, "there is no config/environment.rb in #{Dir.pwd}: jobs are measured in Rails apps" unless File.exist?(App.environment)
        require App.environment
        @class = find(params.fetch("job"))
        @lists = params.fetch("arguments").map { |list| carried(list) }
        @lists = [[]] if @lists.empty?
        @lists.each { |list| fits(list) }
        @undo = Undo.possible? ? Undo.new : nil
        @chance = Chance.new(params["seed"].to_i)
        @reloader = ::Rails.application.reloader
        @active = active_job?
        @jobs = []
        App.facts.merge(:undo => !@undo.nil?, :active_job => active_job?)
      end

      # Arguments for the next calls, which each call gets a copy of. What they
      # write is taken back by finish.
      def ask_prepare(params)
        from = params["from"].to_i
        lists = Array.new(params.fetch("count")) { |k| copy(@lists[(from + k) % @lists.size]) }
        @jobs = @active ? lists.map { |list| @class.new(*list) } : lists
        @at = 0
        params["fixed"] ? @chance.on : @chance.off
        @undo.begin if @undo
        nil
      end

      def run(count, _items)
        i = 0
        while (i += 1) <= count
          value = one(@jobs[@at % @jobs.size])
          @at += 1
        end
        value
      end

      def ask_finish(_params)
        @jobs = []
        nil
      ensure
        @undo.undo if @undo
      end

      private

      def find(name)
        klass = Object.const_get(name)
        return klass if klass.is_a?(Class) && klass.method_defined?(:perform)
        raise Unfit, "#{name} has no method perform"
      rescue NameError => e
        raise Unfit, "there is no class #{name} (#{e.message.lines.first.to_s.chomp})"
      end

      def active_job?
        !!defined?(::ActiveJob::Base) && @class < ::ActiveJob::Base
      end

      # What perform gets of what was pushed: Sidekiq sends JSON. ActiveJob makes
      # objects again of what it sent.
      def carried(list)
        return list unless active_job?
        ::ActiveJob::Arguments.deserialize(::ActiveJob::Arguments.serialize(list))
      end

      def copy(list)
        Marshal.load(Marshal.dump(list))
      rescue TypeError
        list
      end

      def fits(list)
        parameters = @class.instance_method(:perform).parameters.map(&:first)
        least = parameters.count(:req)
        most = parameters.include?(:rest) ? nil : parameters.count { |kind| [:req, :opt].include?(kind) }
        return if list.size >= least && (most.nil? || list.size <= most)
        takes = most == least ? least.to_s : "#{least} to #{most || "any number of"}"
        raise Unfit, "#{@class}#perform takes #{takes} arguments, and arguments: gives #{list.size}"
      end

      # In the app's executor, as both run it. What ActiveJob rescued, to try
      # again later, is no success.
      def one(job)
        value = @reloader.wrap { perform(job) }
        raise value if value.is_a?(Exception)
        value
      end

      def perform(job)
        return job.perform_now if @active
        instance = @class.new
        instance.jid = "pitwall" if instance.respond_to?(:jid=)
        instance.perform(*job)
      end
    end
  end
end
