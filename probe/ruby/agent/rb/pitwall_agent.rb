# frozen_string_literal: true

# Loaded through RUBYOPT into every Ruby of an app that Pitwall boots. It loads
# nothing by itself: it waits for the constants that it cares for to appear.
# In a process that serves nothing it stays at this file and the guard.
if ENV["PITWALL_AGENT"] && !defined?(PitwallAgent) && RUBY_ENGINE == "ruby" && RUBY_VERSION.to_f >= 2.7
  module PitwallAgent
    DIR = File.join(__dir__, "pitwall_agent").freeze
    SOCKET = ENV["PITWALL_AGENT"].dup.freeze
    ALLOW = ENV["PITWALL_ALLOW"].to_s.downcase.split(",").map(&:strip).reject(&:empty?).freeze

    # What a mistake of ours can raise. Not StandardError: a Timeout::Error that
    # is raised into a thread while it is here belongs to the app.
    FAULTS = [ArgumentError, EncodingError, FiberError, FrozenError, IOError, IndexError, LoadError, LocalJumpError, NameError,
              RangeError, RegexpError, SystemCallError, ThreadError, TypeError, ZeroDivisionError].freeze

    @on = false
    @parts = {}
    @faults = 0

    # What to do once a constant is there. The first element says when.
    WAITING = [
      [-> { defined?(::Socket) && defined?(::TCPSocket) }, :guard],
      [-> { defined?(::ActiveSupport) && ::ActiveSupport.respond_to?(:on_load) }, :mail],
      [-> { defined?(::Puma::Server) && ::Puma::Server.method_defined?(:run) }, :puma],
      [-> { defined?(::Puma::Launcher) && ::Puma::Launcher.method_defined?(:run) }, :puma_launcher],
      [-> { defined?(::Sidekiq::Launcher) && defined?(::Sidekiq::Processor) }, :sidekiq],
      [-> { defined?(::Rack::Builder) && !::Rack.autoload?(:Builder) && ::Rack::Builder.method_defined?(:to_app) }, :rack]
    ]

    class << self
      # The one check on the path of a request while the hooks are off.
      attr_reader :on, :link, :launcher
      # The process that serve was last called in.
      attr_reader :served

      # Called after each successful require.
      def look
        WAITING.dup.each do |pair|
          next unless pair[0].call && WAITING.delete(pair)

          Install.public_send(pair[1])
        end
      rescue *FAULTS => e
        fault(e)
      end

      # Loads one of our own files. Not by require, which bootsnap would cache
      # into the app's directory.
      def part(name)
        return if @parts[name]

        @parts[name] = true
        RubyVM::InstructionSequence.compile_file(File.join(DIR, "#{name}.rb")).eval
        nil
      end

      # This process serves requests or jobs, or leads those that do: connect.
      def serve(role, root = nil)
        @served = Process.pid
        part("link")
        Link.open(role, root)
        settle unless role == "master"
      rescue *FAULTS => e
        fault(e)
      end

      def fault(error)
        @faults += 1
        place = error.backtrace&.first.to_s.split(":in ").first.to_s
        @link&.fault(@faults, "#{error.class} #{File.basename(place)}")
      rescue *FAULTS
        nil
      end

      attr_writer :on, :link, :launcher

      # Gives Kernel#require back once nothing that matters is to come.
      def settle
        return if WAITING.any? { |_, name| name == :guard }
        return unless Kernel.instance_method(:require).source_location&.first == __FILE__

        Kernel.send(:alias_method, :require, :pitwall_require)
      end
    end

    # What is done to each constant that appears.
    module Install
      class << self
        def guard
          PitwallAgent.part("guard")
        end

        def mail
          ::ActiveSupport.on_load(:action_mailer) { PitwallAgent.part("mail") }
        end

        def puma
          PitwallAgent.part("puma")
        end

        def puma_launcher
          ::Puma::Launcher.prepend(Launcher)
        end

        def sidekiq
          PitwallAgent.part("sidekiq")
        end

        def rack
          ::Rack::Builder.prepend(Builder)
        end
      end
    end

    # Puma's master, or its only process.
    module Launcher
      def run
        PitwallAgent.launcher = self
        PitwallAgent.serve("master")
        super
      end
    end

    # Rack servers other than Puma, which has its own earlier hook.
    module Builder
      def to_app
        app = super
        return app if defined?(::Puma::Server)

        PitwallAgent.part("meter")
        LateApp.new(app)
      rescue *FAULTS => e
        raise unless app

        PitwallAgent.fault(e)
        app
      end
    end
  end

  module Kernel
    alias_method :pitwall_require, :require

    def require(path)
      loaded = pitwall_require(path)
      ::PitwallAgent.look if loaded
      loaded
    end

    private :require, :pitwall_require
  end

  PitwallAgent.look
end
